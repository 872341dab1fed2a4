using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Exeunt.Protocol.Ids;

/// <summary>
/// Names one program that has credentials of its own, such as a guard. Written <c>app_</c> + 26 characters of Crockford base32; a UUIDv7, so ids sort by creation.
/// </summary>
[JsonConverter(typeof(IdJsonConverter<AppId>))]
public readonly record struct AppId(UInt128 Value) : IId<AppId>
{
    /// <inheritdoc/>
    public static string Prefix => "app_";

    /// <inheritdoc/>
    public static AppId From(UInt128 value) => new(value);

    /// <inheritdoc/>
    public static AppId Parse(string s, IFormatProvider? provider) => Id.Parse<AppId>(s);

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out AppId result) => Id.TryParse(s, out result);

    /// <inheritdoc/>
    public override string ToString() => Id.Format(this);
}
