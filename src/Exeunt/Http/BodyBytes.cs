using System.Buffers;
using Microsoft.AspNetCore.Http;

namespace Exeunt.Http;

/// <summary>
/// A request body in memory, up to a limit: what is too large is noticed before it is read, or at the first byte beyond. The memory is borrowed: it is emptied
/// and given back when this is disposed of, so that no password or token lies about.
/// </summary>
internal readonly struct BodyBytes : IDisposable
{
    private readonly byte[]? rented;
    private readonly int length;

    private BodyBytes(byte[]? rented, int length, BodyFailure? failure) => (this.rented, this.length, Failure) = (rented, length, failure);

    /// <summary>Why it could not be read; null when it could.</summary>
    public BodyFailure? Failure { get; }

    /// <summary>The whole body, empty when there is none.</summary>
    public ReadOnlySpan<byte> Span => rented.AsSpan(0, Failure is null ? length : 0);

    /// <summary>Reads it.</summary>
    /// <param name="http">Whose request.</param>
    /// <param name="most">Bytes.</param>
    public static async ValueTask<BodyBytes> ReadAsync(HttpContext http, int most)
    {
        if (http.Request.ContentLength > most) return new(null, 0, BodyFailure.TooLarge);

        var buffer = ArrayPool<byte>.Shared.Rent(most + 1);
        var read = 0;
        BodyFailure? failure = null;
        try
        {
            int got;
            while (read <= most && (got = await http.Request.Body.ReadAsync(buffer.AsMemory(read, most + 1 - read), http.RequestAborted)) > 0) read += got;
        }
        catch (BadHttpRequestException bad) when (bad.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            failure = BodyFailure.TooLarge;
        }
        catch (IOException)
        {
            failure = BodyFailure.BrokenOff;
        }

        return new(buffer, read, read > most ? BodyFailure.TooLarge : failure);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (rented is null) return;
        rented.AsSpan(0, length).Clear();
        ArrayPool<byte>.Shared.Return(rented);
    }
}

/// <summary>Why a body could not be read.</summary>
internal enum BodyFailure
{
    /// <summary>It has more bytes than may be.</summary>
    TooLarge = 1,

    /// <summary>It ends too early, or its framing is wrong.</summary>
    BrokenOff = 2,
}
