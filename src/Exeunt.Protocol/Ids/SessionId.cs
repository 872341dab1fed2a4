using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Exeunt.Protocol.Ids;

/// <summary>Names one sign-in on one device. Written <c>ses_</c> + 26 characters of Crockford base32; a UUIDv7, so ids sort by creation.</summary>
[JsonConverter(typeof(IdJsonConverter<SessionId>))]
public readonly record struct SessionId(UInt128 Value) : IId<SessionId>
{
    /// <inheritdoc/>
    public static string Prefix => "ses_";

    /// <inheritdoc/>
    public static SessionId From(UInt128 value) => new(value);

    /// <inheritdoc/>
    public static SessionId Parse(string s, IFormatProvider? provider) => Id.Parse<SessionId>(s);

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out SessionId result) => Id.TryParse(s, out result);

    /// <inheritdoc/>
    public override string ToString() => Id.Format(this);
}
