namespace Exeunt.Storage;

/// <summary>What the adapters' listings have in common.</summary>
public static class Paging
{
    /// <summary>The longest page of accounts and sessions.</summary>
    public const int LongestListing = 200;

    /// <summary>The longest page of the audit trail.</summary>
    public const int LongestAuditPage = 1000;

    /// <summary>Makes a page of one row more than was asked for: if it is there, there is a next page.</summary>
    /// <param name="rows">At least <paramref name="limit"/> and one, if there are so many.</param>
    /// <param name="limit">Rows of a page.</param>
    /// <param name="cursor">The cursor after a row.</param>
    public static Page<T> PageOf<T>(IEnumerable<T> rows, int limit, Func<T, string> cursor)
    {
        var items = rows.Take(limit + 1).ToList();
        if (items.Count <= limit) return new(items, Next: null);

        items.RemoveAt(limit);
        return new(items, cursor(items[^1]));
    }

    /// <summary>Refuses a page that is too long or empty.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The limit is not within 1 and <paramref name="most"/>.</exception>
    public static void CheckLimit(int limit, int most)
    {
        if (limit < 1 || limit > most) throw new ArgumentOutOfRangeException(nameof(limit), limit, $"A page has 1 to {most} rows.");
    }
}
