using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;

namespace Exeunt.LoadBench.Load;

/// <summary>
/// One kept-alive connection that sends requests which were written beforehand and reads answers without making objects of them: an HTTP client proper
/// would cost as much of the machine as the server that is measured.
/// </summary>
internal sealed class Connection : IDisposable
{
    private const int Milliseconds = 120_000; // who has not answered by then never will

    private readonly Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = Milliseconds };
    private readonly byte[] received = new byte[64 * 1024];
    private readonly byte[] body = new byte[64 * 1024];

    private int have;

    /// <summary>What the operating system calls it.</summary>
    public nint Handle => socket.Handle;

    public static Connection Open(IPEndPoint server)
    {
        var connection = new Connection();
        connection.socket.Connect(server);
        return connection;
    }

    /// <summary>Sends a request and waits for its answer; the body is valid until the next call.</summary>
    /// <exception cref="IOException">The server closed the connection, or what it said is no answer.</exception>
    public Answer Ask(ReadOnlySpan<byte> request)
    {
        Send(request);
        Answer answer;
        while (!TryReceive(out answer))
        {
            // Another piece is on its way.
        }

        return answer;
    }

    /// <summary>Sends a request; its answer must have come before the next one.</summary>
    public void Send(ReadOnlySpan<byte> request) => socket.Send(request);

    /// <summary>Takes what has arrived, waiting when that is nothing; true when the answer is complete. Its body is valid until the next call.</summary>
    /// <exception cref="IOException">The server closed the connection, or what it said is no answer.</exception>
    public bool TryReceive(out Answer answer)
    {
        var got = socket.Receive(received.AsSpan(have));
        if (got == 0) throw new IOException("The server closed the connection.");
        have += got;
        if (TryRead(received.AsSpan(0, have), out answer))
        {
            have = 0;
            return true;
        }

        if (have == received.Length) throw new IOException("The answer is longer than any that was asked for.");
        return false;
    }

    public void Dispose() => socket.Dispose();

    private bool TryRead(ReadOnlySpan<byte> bytes, out Answer answer)
    {
        answer = default;
        var headEnds = bytes.IndexOf("\r\n\r\n"u8);
        if (headEnds < 0) return false;
        var head = bytes[..(headEnds + 2)];
        if (!head.StartsWith("HTTP/1.1 "u8) || !Utf8Parser.TryParse(head[9..], out int status, out _)) throw new IOException("That is no HTTP/1.1 answer.");

        var rest = bytes[(headEnds + 4)..];
        var length = Utf8Parser.TryParse(ContentLength(head), out int given, out _) ? given : -1;
        if (length < 0) length = ReadChunks(rest);
        else if (rest.Length < length) length = -1;
        else rest[..length].CopyTo(body);

        if (length < 0) return false;
        answer = new(status, body.AsMemory(0, length));
        return true;
    }

    // As Kestrel and Express write it, or as the Fetch API does. Anything else would be taken for chunks, and complained about.
    private static ReadOnlySpan<byte> ContentLength(ReadOnlySpan<byte> head) =>
        Header(head, "\r\nContent-Length: "u8) is { IsEmpty: false } text ? text : Header(head, "\r\ncontent-length: "u8);

    private static ReadOnlySpan<byte> Header(ReadOnlySpan<byte> head, ReadOnlySpan<byte> name)
    {
        var at = head.IndexOf(name);
        return at < 0 ? default : head[(at + name.Length)..];
    }

    // RFC 9112 §7.1, as far as Kestrel uses it: no extensions, no trailers. -1 while something is missing.
    private int ReadChunks(ReadOnlySpan<byte> rest)
    {
        var written = 0;
        while (true)
        {
            var lineEnds = rest.IndexOf("\r\n"u8);
            if (lineEnds < 0) return -1;
            if (!Utf8Parser.TryParse(rest[..lineEnds], out int size, out _, 'x')) throw new IOException("That is no chunk.");
            rest = rest[(lineEnds + 2)..];
            if (rest.Length < size + 2) return -1;
            if (size == 0) return written;
            rest[..size].CopyTo(body.AsSpan(written));
            written += size;
            rest = rest[(size + 2)..];
        }
    }
}

/// <summary>An answer as far as it is looked at.</summary>
/// <param name="Status">Its status.</param>
/// <param name="Body">Its body, until the connection is used again.</param>
internal readonly record struct Answer(int Status, ReadOnlyMemory<byte> Body);
