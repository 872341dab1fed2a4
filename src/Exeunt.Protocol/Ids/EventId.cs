using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Exeunt.Protocol.Ids;

/// <summary>Names one ending; also the key under which it is recorded only once. Written <c>evt_</c> + 26 characters of Crockford base32; a UUIDv7, so ids sort by creation.</summary>
[JsonConverter(typeof(IdJsonConverter<EventId>))]
public readonly record struct EventId(UInt128 Value) : IId<EventId>
{
    /// <inheritdoc/>
    public static string Prefix => "evt_";

    /// <inheritdoc/>
    public static EventId From(UInt128 value) => new(value);

    /// <inheritdoc/>
    public static EventId Parse(string s, IFormatProvider? provider) => Id.Parse<EventId>(s);

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out EventId result) => Id.TryParse(s, out result);

    /// <inheritdoc/>
    public override string ToString() => Id.Format(this);
}
