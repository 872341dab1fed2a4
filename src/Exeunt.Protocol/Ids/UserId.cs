using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Exeunt.Protocol.Ids;

/// <summary>Names one account, ours or mirrored from a provider. Written <c>usr_</c> + 26 characters of Crockford base32; a UUIDv7, so ids sort by creation.</summary>
[JsonConverter(typeof(IdJsonConverter<UserId>))]
public readonly record struct UserId(UInt128 Value) : IId<UserId>
{
    /// <inheritdoc/>
    public static string Prefix => "usr_";

    /// <inheritdoc/>
    public static UserId From(UInt128 value) => new(value);

    /// <inheritdoc/>
    public static UserId Parse(string s, IFormatProvider? provider) => Id.Parse<UserId>(s);

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out UserId result) => Id.TryParse(s, out result);

    /// <inheritdoc/>
    public override string ToString() => Id.Format(this);
}
