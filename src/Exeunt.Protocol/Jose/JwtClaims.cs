using System.Text.Json;

namespace Exeunt.Protocol.Jose;

/// <summary>
/// The claims of a token whose signature is right (RFC 7519 §4). Reading never throws: a claim that is missing or of another type reads as
/// <see langword="null"/>; <see cref="Has"/> tells the two apart.
/// </summary>
public sealed class JwtClaims
{
    private static readonly decimal LatestSecond = (decimal)DateTimeOffset.MaxValue.ToUnixTimeSeconds();

    private readonly JsonElement json;

    internal JwtClaims(JsonElement json) => this.json = json;

    /// <summary>The recipients, whether <c>aud</c> is one string or an array of them; <see langword="null"/> when it is missing or anything else.</summary>
    public IReadOnlyList<string>? Audience => Text("aud") is { } one ? [one] : Texts("aud");

    /// <summary>Whether the claim is there, with whatever value, <c>null</c> included.</summary>
    public bool Has(string name) => json.TryGetProperty(name, out _);

    /// <summary>The claim as a string.</summary>
    public string? Text(string name) => json.Text(name);

    /// <summary>The claim as an array of nothing but strings.</summary>
    public IReadOnlyList<string>? Texts(string name) => json.Texts(name);

    /// <summary>The claim as a number; also <see langword="null"/> when it is beyond what a <see cref="decimal"/> holds, such as 1e400.</summary>
    public decimal? Number(string name) =>
        json.TryGetProperty(name, out var claim) && claim.ValueKind is JsonValueKind.Number && claim.TryGetDecimal(out var number) ? number : null;

    /// <summary>The claim as a NumericDate (RFC 7519 §2): seconds since 1970 in UTC, with a fraction if there is one; from 1970 to the year 9999.</summary>
    public DateTimeOffset? Time(string name) =>
        Number(name) is { } seconds and >= 0 && seconds <= LatestSecond
            ? DateTimeOffset.UnixEpoch.AddTicks((long)(seconds * TimeSpan.TicksPerSecond))
            : null;

    /// <summary>The claim as JSON, for what is neither text nor number (<c>events</c>, <c>act</c>, …).</summary>
    public bool TryGet(string name, out JsonElement value) => json.TryGetProperty(name, out value);

    /// <summary>Claims speak of people: they are never printed by accident.</summary>
    public override string ToString() => "[claims]";
}
