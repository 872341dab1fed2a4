using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Exeunt.Protocol.Jose;

/// <summary>A JSON writer and its buffer, one kept ready per thread, so that minting a token allocates little more than the token.</summary>
internal sealed class JsonScratch : IDisposable
{
    private const int MostKept = 16 * 1024; // bytes; one large payload must not stay with the thread for ever

    [ThreadStatic]
    private static JsonScratch? kept;

    private readonly ArrayBufferWriter<byte> buffer = new(512);

    // '+' as itself ("at+jwt"), not as an escape: the text ends in base64url, so no HTML parser will ever see it.
    private JsonScratch() => Json = new(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    public Utf8JsonWriter Json { get; }

    /// <summary>What has been written so far; valid until this is disposed.</summary>
    public ReadOnlySpan<byte> Written
    {
        get
        {
            Json.Flush();
            return buffer.WrittenSpan;
        }
    }

    /// <summary>Takes the thread's scratch out of its place, so that a writer inside a writer gets another one.</summary>
    public static JsonScratch Take()
    {
        var scratch = kept ?? new();
        kept = null;
        return scratch;
    }

    public void Dispose()
    {
        if (buffer.Capacity > MostKept) return;

        buffer.Clear();
        Json.Reset();
        kept = this;
    }
}
