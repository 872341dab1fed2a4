using Exeunt.Protocol.Ids;
using Npgsql;

namespace Exeunt.Postgres.Server;

/// <summary>The row that a reader stands on. Columns are read in their order; the list of columns in the SQL stands beside the code that reads it.</summary>
internal struct Row(NpgsqlDataReader reader)
{
    private int next;

    public bool IsNull => reader.IsDBNull(next);

    public void Skip(int columns) => next += columns;

    public bool Flag() => reader.GetBoolean(next++);

    public long Long() => reader.GetInt64(next++);

    public int Int() => reader.GetInt32(next++);

    public long? LongOrNull() => IsNull ? Nothing<long>() : Long();

    public int? IntOrNull() => IsNull ? Nothing<int>() : Int();

    public DateTimeOffset Time() => DateTimeOffset.FromUnixTimeMilliseconds(Long());

    public DateTimeOffset? TimeOrNull() => LongOrNull() is { } milliseconds ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) : null;

    public string Text() => StoredText.Read(reader.GetString(next++));

    public string? TextOrNull() => IsNull ? Missing<string>() : Text();

    public string[] Texts() => [.. reader.GetFieldValue<string[]>(next++).Select(StoredText.Read)];

    public byte[] Bytes() => reader.GetFieldValue<byte[]>(next++);

    public byte[]? BytesOrNull() => IsNull ? Missing<byte[]>() : Bytes();

    public T Key<T>()
        where T : struct, IId<T> => StoredId.Read<T>(reader.GetGuid(next++));

    public T? KeyOrNull<T>()
        where T : struct, IId<T> => IsNull ? Nothing<T>() : Key<T>();

    private T? Nothing<T>()
        where T : struct
    {
        next++;
        return null;
    }

    private T? Missing<T>()
        where T : class
    {
        next++;
        return null;
    }
}
