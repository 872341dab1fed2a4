using Exeunt.Storage;

namespace Exeunt.Server.Commands;

/// <summary>Reading a page by a cursor that somebody typed.</summary>
internal static class Pages
{
    /// <summary>The page.</summary>
    /// <exception cref="StartRefused">The cursor is not one of this listing.</exception>
    public static async Task<Page<T>> ReadAsync<T>(Func<ValueTask<Page<T>>> read)
    {
        try
        {
            return await read();
        }
        catch (ArgumentException)
        {
            throw new StartRefused("--cursor: is not one that this listing gave.");
        }
    }
}
