using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Exeunt.Protocol.Ids;
using SQLitePCL;

namespace Exeunt.Sqlite.Files;

/// <summary>
/// A prepared statement. Values are set, and columns read, in their order; the list of columns in the SQL stands beside the code that reads it.
/// </summary>
internal sealed class Statement(Database database, sqlite3_stmt statement) : IDisposable
{
    private const int SmallText = 512;

    private int nextValue;
    private int nextColumn;

    /// <summary>Forgets the last run and its values.</summary>
    public Statement Rewind()
    {
        _ = raw.sqlite3_reset(statement); // it repeats the error of the last run, which was thrown then
        nextValue = 1;
        return this;
    }

    public Statement Set(long value)
    {
        database.Check(raw.sqlite3_bind_int64(statement, nextValue++, value));
        return this;
    }

    public Statement Set(long? value) => value is { } some ? Set(some) : SetNull();

    public Statement Set(DateTimeOffset time) => Set(time.ToUnixTimeMilliseconds());

    public Statement Set(DateTimeOffset? time) => Set(time?.ToUnixTimeMilliseconds());

    public Statement Set<T>(T id)
        where T : struct, IId<T>
    {
        Span<byte> bytes = stackalloc byte[Id.Bytes];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, id.Value);
        database.Check(raw.sqlite3_bind_blob(statement, nextValue++, bytes));
        return this;
    }

    public Statement Set<T>(T? id)
        where T : struct, IId<T> => id is { } some ? Set(some) : SetNull();

    public Statement Set(byte[]? bytes)
    {
        if (bytes is null) return SetNull();
        // An empty span is a null pointer, which SQLite takes for NULL.
        database.Check(bytes.Length == 0 ? raw.sqlite3_bind_zeroblob(statement, nextValue++, 0) : raw.sqlite3_bind_blob(statement, nextValue++, bytes));
        return this;
    }

    /// <summary>Text goes in with its length, so that a NUL inside it survives and its hash stays true.</summary>
    public Statement Set(string? text)
    {
        if (text is null) return SetNull();
        if (text.Length == 0)
        {
            database.Check(raw.sqlite3_bind_text(statement, nextValue++, ""));
            return this;
        }

        var most = Encoding.UTF8.GetMaxByteCount(text.Length);
        var rented = most > SmallText ? ArrayPool<byte>.Shared.Rent(most) : null;
        var buffer = rented ?? stackalloc byte[SmallText];
        database.Check(raw.sqlite3_bind_text(statement, nextValue++, buffer[..Encoding.UTF8.GetBytes(text, buffer)]));
        if (rented is not null) ArrayPool<byte>.Shared.Return(rented, clearArray: true);
        return this;
    }

    /// <summary>Runs a statement that answers nothing and says how many rows it changed.</summary>
    public int Run()
    {
        while (Step())
        {
            // A pragma may answer with a row that nobody asked for.
        }

        Rewind();
        return database.Changes;
    }

    /// <summary>The first row, or null when there is none.</summary>
    public T? First<T>(Func<Statement, T> read)
        where T : class
    {
        var row = Step() ? read(this) : null;
        Rewind();
        return row;
    }

    /// <summary>The one number of the first row; null when there is no row or no number in it.</summary>
    public long? Number()
    {
        var number = Step() ? LongOrNull() : null;
        Rewind();
        return number;
    }

    /// <summary>The one id of the first row; null when there is no row or no id in it.</summary>
    public T? FirstKey<T>()
        where T : struct, IId<T>
    {
        var key = Step() ? KeyOrNull<T>() : null;
        Rewind();
        return key;
    }

    /// <summary>The one text of the first row; null when there is no row.</summary>
    public string? FirstText() => First(row => row.Text());

    /// <summary>All rows.</summary>
    public List<T> All<T>(Func<Statement, T> read)
    {
        var rows = new List<T>();
        while (Step()) rows.Add(read(this));
        Rewind();
        return rows;
    }

    /// <summary>Moves to the next row. Whoever stops early calls <see cref="Rewind"/>, or the statement keeps its snapshot open.</summary>
    public bool Step()
    {
        nextColumn = 0;
        var code = raw.sqlite3_step(statement);
        if (code == raw.SQLITE_ROW) return true;
        try
        {
            database.Check(code);
        }
        catch
        {
            Rewind(); // a statement that has failed counts as one at work until then, and beside such a one nobody can commit
            throw;
        }

        return false;
    }

    public long Long() => raw.sqlite3_column_int64(statement, nextColumn++);

    public long? LongOrNull() => IsNull() ? Skip<long?>() : Long();

    public DateTimeOffset Time() => DateTimeOffset.FromUnixTimeMilliseconds(Long());

    public DateTimeOffset? TimeOrNull() => IsNull() ? Skip<DateTimeOffset?>() : Time();

    public string Text() => Encoding.UTF8.GetString(raw.sqlite3_column_blob(statement, nextColumn++));

    public string? TextOrNull() => IsNull() ? Skip<string?>() : Text();

    public byte[] Bytes() => raw.sqlite3_column_blob(statement, nextColumn++).ToArray();

    public byte[]? BytesOrNull() => IsNull() ? Skip<byte[]?>() : Bytes();

    public T Key<T>()
        where T : struct, IId<T> => Id.FromBytes<T>(raw.sqlite3_column_blob(statement, nextColumn++));

    public T? KeyOrNull<T>()
        where T : struct, IId<T> => IsNull() ? Skip<T?>() : Key<T>();

    public void Dispose() => statement.Dispose();

    private bool IsNull() => raw.sqlite3_column_type(statement, nextColumn) == raw.SQLITE_NULL;

    private T? Skip<T>()
    {
        nextColumn++;
        return default;
    }

    private Statement SetNull()
    {
        database.Check(raw.sqlite3_bind_null(statement, nextValue++));
        return this;
    }
}
