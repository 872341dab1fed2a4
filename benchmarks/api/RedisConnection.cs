using System.Buffers;
using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;

namespace Exeunt.BenchApi;

/// <summary>
/// One connection for all requests: what is waiting goes out in one packet, answers come back in order (RESP2). This is how the established clients do it, with
/// less around it.
/// </summary>
internal sealed class RedisConnection
{
    private static readonly StreamPipeReaderOptions LargeReads = new(bufferSize: 64 * 1024);

    private readonly Channel<Question> questions = Channel.CreateUnbounded<Question>(new() { SingleReader = true });
    private readonly ConcurrentQueue<TaskCompletionSource<bool>> waiting = new();
    private readonly NetworkStream stream;

    private RedisConnection(NetworkStream stream) => this.stream = stream;

    public static async Task<RedisConnection> OpenAsync(string port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, int.Parse(port));
        var connection = new RedisConnection(new(socket, ownsSocket: true));
        _ = Task.Run(connection.WriteAsync);
        _ = Task.Run(connection.ReadAsync);
        return connection;
    }

    /// <summary>GET; whether there is a value.</summary>
    public Task<bool> ExistsAsync(string key)
    {
        var question = new Question(key, new(TaskCreationOptions.RunContinuationsAsynchronously));
        questions.Writer.TryWrite(question);
        return question.Answer.Task;
    }

    private async Task WriteAsync()
    {
        var buffer = new ArrayBufferWriter<byte>(16 * 1024);
        while (await questions.Reader.WaitToReadAsync())
        {
            buffer.ResetWrittenCount();
            while (questions.Reader.TryRead(out var question))
            {
                waiting.Enqueue(question.Answer); // before it is sent, so before its answer
                Encoding.ASCII.GetBytes($"*2\r\n$3\r\nGET\r\n${question.Key.Length}\r\n{question.Key}\r\n", buffer);
            }

            await stream.WriteAsync(buffer.WrittenMemory);
        }
    }

    private async Task ReadAsync()
    {
        var reader = PipeReader.Create(stream, LargeReads);
        while (true)
        {
            var read = await reader.ReadAsync();
            var rest = read.Buffer;
            while (TryReadAnswer(ref rest, out var exists)) Answer(exists);
            reader.AdvanceTo(rest.Start, rest.End);
            if (read.IsCompleted) throw new IOException("Redis closed the connection.");
        }
    }

    private void Answer(bool exists)
    {
        if (!waiting.TryDequeue(out var one)) throw new IOException("Redis answers what nobody asked.");
        one.SetResult(exists);
    }

    // $-1 for nothing, else a length and so many bytes.
    private static bool TryReadAnswer(ref ReadOnlySequence<byte> rest, out bool exists)
    {
        exists = false;
        var reader = new SequenceReader<byte>(rest);
        if (!reader.TryReadTo(out ReadOnlySpan<byte> line, "\r\n"u8)) return false;
        if (!line.SequenceEqual("$-1"u8))
        {
            if (line.Length < 2 || line[0] != '$') throw new IOException("Redis answers something else than a value.");
            if (reader.Remaining < int.Parse(line[1..]) + 2) return false;
            reader.Advance(int.Parse(line[1..]) + 2);
            exists = true;
        }

        rest = rest.Slice(reader.Position);
        return true;
    }

    private sealed record Question(string Key, TaskCompletionSource<bool> Answer);
}
