using Microsoft.AspNetCore.Http;

namespace Exeunt.Http;

/// <summary>Reads a request body into memory, up to a limit: what is too large is noticed before it is read, or at the first byte beyond.</summary>
internal static class BodyBytes
{
    /// <summary>The whole body, empty when there is none; or why it could not be read.</summary>
    public static async ValueTask<(ReadOnlyMemory<byte> Bytes, BodyFailure? Failure)> ReadAsync(HttpContext http, int most)
    {
        if (http.Request.ContentLength > most) return (default, BodyFailure.TooLarge);

        var buffer = new byte[most + 1];
        var length = 0;
        try
        {
            int got;
            while (length < buffer.Length && (got = await http.Request.Body.ReadAsync(buffer.AsMemory(length), http.RequestAborted)) > 0) length += got;
        }
        catch (BadHttpRequestException bad) when (bad.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return (default, BodyFailure.TooLarge);
        }
        catch (IOException)
        {
            return (default, BodyFailure.BrokenOff);
        }

        return length > most ? (default, BodyFailure.TooLarge) : (buffer.AsMemory(0, length), null);
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
