using System.Text.Json;
using Exeunt.Http;
using Exeunt.Protocol.Feed;
using Exeunt.Protocol.Ids;

namespace Exeunt.Feed;

/// <summary>What a node tells the others of the guards that follow it, as the JSON of its word.</summary>
/// <param name="Following">Those that are connected to it.</param>
/// <param name="Lost">Those that it has lost.</param>
/// <param name="Wanted">The place up to which somebody waits for acknowledgements; null while nobody does.</param>
internal sealed record GuardWord(IReadOnlyList<GuardWord.Follower> Following, IReadOnlyList<GuardWord.Missing> Lost, string? Wanted)
{
    /// <summary>Reads a word; null for one of a newer version that cannot be read here.</summary>
    public static GuardWord? Read(string json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, ExeuntJson.Default.GuardWord) is { Following: not null, Lost: not null } word
                && word.Following.All(one => IsClient(one.Client)) && word.Lost.All(one => IsClient(one.Client)) ? word : null;
        }
        catch (JsonException)
        {
            return null;
        }

        static bool IsClient(string id) => AppId.TryParse(id, null, out _);
    }

    /// <summary>The word as the others read it.</summary>
    public string Write() => JsonSerializer.Serialize(this, ExeuntJson.Default.GuardWord);

    /// <summary>A guard that is connected. Times are in milliseconds since 1970, ledger time.</summary>
    /// <param name="Stream">The id of its stream.</param>
    /// <param name="Client">Whose credentials it has.</param>
    /// <param name="Name">What it calls itself.</param>
    /// <param name="Instance">Which replica it is.</param>
    /// <param name="Since">Since when it follows.</param>
    /// <param name="ToleranceMs">For how long it goes on when it has lost the feed.</param>
    /// <param name="Acknowledged">Up to where it enforces; null while it has not told.</param>
    /// <param name="AcknowledgedAt">When it told.</param>
    internal sealed record Follower(string Stream, string Client, string Name, string Instance, long Since, long ToleranceMs, string? Acknowledged, long? AcknowledgedAt)
    {
        public static Follower Of(ConnectedGuard guard)
        {
            var (upTo, at) = guard.Acknowledged;
            return new(
                guard.Stream, guard.Client.ToString(), guard.Name, guard.Instance, guard.Since.ToUnixTimeMilliseconds(), (long)guard.Tolerance.TotalMilliseconds,
                upTo?.ToString(), at?.ToUnixTimeMilliseconds());
        }

        /// <summary>The guard as this node sees it.</summary>
        public ConnectedGuard ToGuard() =>
            new(Stream, AppId.Parse(Client, null), Name, Instance, DateTimeOffset.FromUnixTimeMilliseconds(Since), TimeSpan.FromMilliseconds(ToleranceMs));

        /// <summary>Brings a guard that is known already up to date.</summary>
        public void Tell(ConnectedGuard guard)
        {
            if (FeedPlace.TryParse(Acknowledged, out var upTo) && AcknowledgedAt is { } at && guard.Acknowledged.UpTo != upTo)
                guard.Acknowledge(upTo, DateTimeOffset.FromUnixTimeMilliseconds(at), asked: null); // how fast it was is told by the node that asked it
        }
    }

    /// <summary>A guard that is lost. Times are in milliseconds since 1970, ledger time.</summary>
    /// <param name="Client">Whose credentials it had.</param>
    /// <param name="Name">What it called itself.</param>
    /// <param name="Instance">Which replica it was.</param>
    /// <param name="Since">When it was lost.</param>
    /// <param name="Until">Until when it matters.</param>
    internal sealed record Missing(string Client, string Name, string Instance, long Since, long Until)
    {
        public static Missing Of(Loss loss) =>
            new(loss.Key.Client.ToString(), loss.Key.Name, loss.Key.Instance, loss.Since.ToUnixTimeMilliseconds(), loss.Until.ToUnixTimeMilliseconds());

        public Loss ToLoss() =>
            new(new(AppId.Parse(Client, null), Name, Instance), DateTimeOffset.FromUnixTimeMilliseconds(Since), DateTimeOffset.FromUnixTimeMilliseconds(Until));
    }
}
