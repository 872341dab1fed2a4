using Exeunt.Http;
using Exeunt.Protocol.Ids;
using Exeunt.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Exeunt.Clients;

/// <summary>
/// Who a program is, by HTTP Basic (RFC 7617; RFC 6749 §2.3.1). Clients are few, so all are kept in memory and read again from the ledger when they are old
/// or one is not among them; a removed client is refused at most <see cref="Old"/> later.
/// </summary>
internal sealed class ClientAuthentication(ILedgerStore store) : IDisposable
{
    /// <summary>Age at which the clients in memory are read again.</summary>
    public static readonly TimeSpan Old = TimeSpan.FromSeconds(5);

    private const string Scheme = "Basic ";
    private const int LongestCredentials = 512; // characters of base64

    // A forger's unknown ids must not turn into reads without end.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly SemaphoreSlim reading = new(1, 1);
    private volatile Known known = new(new Dictionary<AppId, RegisteredClient>(), null);

    /// <summary>The client of the request, if it may do this; otherwise the answer to give.</summary>
    public async ValueTask<(RegisteredClient? Client, ProblemHttpResult? Problem)> ReadAsync(HttpContext http, string scope)
    {
        if (!TryReadCredentials(http, out var id, out var secret)) return (null, Refuse(http, "Send the credentials of a client by HTTP Basic."));
        if (await FindAsync(id, http.RequestAborted) is not { } client || !client.Knows(secret)) return (null, Refuse(http, "These are not the credentials of a client."));
        return client.Scopes.Contains(scope) ? (client, null) : (null, Problems.Forbidden($"This client needs the scope '{scope}'."));
    }

    /// <summary>The client whose credentials the request brings by HTTP Basic; null when it brings none, or wrong ones.</summary>
    public async ValueTask<RegisteredClient?> IdentifyAsync(HttpContext http) =>
        TryReadCredentials(http, out var id, out var secret) && await FindAsync(id, http.RequestAborted) is { } client && client.Knows(secret) ? client : null;

    /// <summary>Whether the client is still registered, with the same secret.</summary>
    public async ValueTask<bool> IsStillAsync(RegisteredClient client, CancellationToken ct) =>
        await FindAsync(client.Id, ct) is { } now && now.SecretHash.AsSpan().SequenceEqual(client.SecretHash);

    public void Dispose() => reading.Dispose();

    private static ProblemHttpResult Refuse(HttpContext http, string detail)
    {
        http.Response.Headers.WWWAuthenticate = "Basic realm=\"exeunt\", charset=\"UTF-8\"";
        return Problems.ClientUnknown(detail);
    }

    private static bool TryReadCredentials(HttpContext http, out AppId id, out string secret)
    {
        (id, secret) = (default, "");
        if (http.Request.Headers.Authorization is not [{ } header] || !header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)) return false;

        var encoded = header.AsSpan(Scheme.Length).Trim(' ');
        if (encoded.Length > LongestCredentials) return false;
        Span<byte> decoded = stackalloc byte[LongestCredentials];
        if (!Convert.TryFromBase64Chars(encoded, decoded, out var length)) return false;

        // RFC 6749 §2.3.1: both halves are encoded as in a form. Neither an id nor a secret of ours holds what that changes, so plain ones read the same.
        var colon = decoded[..length].IndexOf((byte)':');
        if (colon < 0 || !FormText.TryDecode(decoded[..colon], out var name) || !FormText.TryDecode(decoded[(colon + 1)..length], out var word)) return false;
        secret = word;
        return Id.TryParse(name, out id);
    }

    private async ValueTask<RegisteredClient?> FindAsync(AppId id, CancellationToken ct)
    {
        var now = known;
        if (now.Age(store.Clock) < Old && now.Clients.TryGetValue(id, out var client)) return client;
        if (now.Age(store.Clock) < Pause) return null;
        if (now.HasJustFailed(store.Clock)) return now.Clients.GetValueOrDefault(id);

        await reading.WaitAsync(ct);
        try
        {
            if (ReferenceEquals(known, now)) known = new((await store.ClientsAsync(ct)).ToDictionary(c => c.Id), store.Clock.GetTimestamp());
            return known.Clients.GetValueOrDefault(id);
        }
        catch (LedgerUnavailableException) when (now.ReadAt is not null)
        {
            // Guards must hear what is ended while the ledger is away, and at once: who stood behind this read must not wait for one of their own.
            known = now with { FailedAt = store.Clock.GetTimestamp() };
            return now.Clients.GetValueOrDefault(id);
        }
        finally
        {
            reading.Release();
        }
    }

    private sealed record Known(IReadOnlyDictionary<AppId, RegisteredClient> Clients, long? ReadAt)
    {
        public long? FailedAt { get; init; }

        public bool HasJustFailed(TimeProvider clock) => FailedAt is { } at && clock.GetElapsedTime(at) < Old;

        public TimeSpan Age(TimeProvider clock) => ReadAt is { } at ? clock.GetElapsedTime(at) : TimeSpan.MaxValue;
    }
}
