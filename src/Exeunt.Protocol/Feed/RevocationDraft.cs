using System.Text.Json;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;

namespace Exeunt.Protocol.Feed;

/// <summary>What has been read of a revocation so far.</summary>
internal ref struct RevocationDraft
{
    private string? epoch, issuer, key, except, eventId, beforeSid, scope, reason;
    private long? sequence, previous, beforeIat, expires, at;

    /// <summary>Reads one member, standing on its name. False when it was there before.</summary>
    /// <exception cref="InvalidOperationException">It is of another kind.</exception>
    /// <exception cref="FormatException">A number is none of 64 bits.</exception>
    public bool TakeMember(ref Utf8JsonReader json)
    {
        if (json.ValueTextEquals("epoch"u8)) return Text(ref json, ref epoch);
        if (json.ValueTextEquals("seq"u8)) return Number(ref json, ref sequence);
        if (json.ValueTextEquals("prev"u8)) return Number(ref json, ref previous);
        if (json.ValueTextEquals("event"u8)) return Text(ref json, ref eventId);
        if (json.ValueTextEquals("scope"u8)) return Text(ref json, ref scope);
        if (json.ValueTextEquals("issuer"u8)) return Text(ref json, ref issuer);
        if (json.ValueTextEquals("key"u8)) return Text(ref json, ref key);
        if (json.ValueTextEquals("before_sid"u8)) return Text(ref json, ref beforeSid);
        if (json.ValueTextEquals("before_iat"u8)) return Number(ref json, ref beforeIat);
        if (json.ValueTextEquals("except"u8)) return Text(ref json, ref except);
        if (json.ValueTextEquals("expires"u8)) return Number(ref json, ref expires);
        if (json.ValueTextEquals("at"u8)) return Number(ref json, ref at);
        if (json.ValueTextEquals("reason"u8)) return Text(ref json, ref reason);
        json.Skip();
        return true;
    }

    /// <summary>The revocation; null when what was read is none.</summary>
    public readonly Revocation? Finish(int longestText)
    {
        if (!RevocationScopeNames.TryParse(scope, out var kind) || !EndReasonNames.TryParse(reason, out var why)) return null;
        if (!Id.TryParse<EventId>(eventId, out var ending)) return null;
        if (expires is not { } end || !WireTime.TryOf(end, out var expiresAt) || at is not { } begin || !WireTime.TryOf(begin, out var decidedAt)) return null;
        if (issuer?.Length > longestText || key?.Length > longestText || except?.Length > longestText) return null;

        SessionId? upTo = null;
        if (beforeSid is not null)
        {
            if (!Id.TryParse<SessionId>(beforeSid, out var sid)) return null;
            upTo = sid;
        }

        var revocation = new Revocation
        {
            Epoch = epoch ?? "",
            Sequence = sequence ?? 0,
            Previous = previous ?? 0,
            Event = ending,
            Scope = kind,
            Issuer = issuer ?? "",
            Key = key ?? "",
            UpTo = upTo,
            UpToSecond = beforeIat,
            Except = except,
            Expires = expiresAt,
            At = decidedAt,
            Reason = why,
        };
        return IsWhole(revocation) ? revocation : null;
    }

    // A place is whole or not there; what covers nothing because a member was lost on the way must not look like one that was taken in.
    private readonly bool IsWhole(Revocation revocation)
    {
        var placed = epoch is not null;
        if (placed != sequence is not null || placed != previous is not null) return false;
        if (placed && (sequence < 1 || previous < 0 || previous >= sequence || !FeedPlace.TryParse($"{epoch}:{sequence}", out _))) return false;
        if (revocation.IsCutOff != (revocation.UpTo is not null || revocation.UpToSecond is not null)) return false;
        return revocation.Scope switch
        {
            RevocationScope.Everyone => revocation.Issuer.Length == 0 && revocation.Key.Length == 0 && except is null,
            RevocationScope.Issuer => revocation.Issuer.Length > 0 && revocation.Key.Length == 0 && except is null,
            RevocationScope.User => revocation.Issuer.Length > 0 && revocation.Key.Length > 0,
            _ => revocation.Issuer.Length > 0 && revocation.Key.Length > 0 && except is null,
        };
    }

    private static bool Text(ref Utf8JsonReader json, ref string? member)
    {
        json.Read();
        var first = member is null;
        member = json.GetString() ?? throw new FormatException("A member is null.");
        return first;
    }

    private static bool Number(ref Utf8JsonReader json, ref long? member)
    {
        json.Read();
        var first = member is null;
        member = json.GetInt64();
        return first;
    }
}
