using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Exeunt.Http;

/// <summary>Decodes <c>application/x-www-form-urlencoded</c> strictly: a percent sign begins two hexadecimal digits, and what comes out is UTF-8.</summary>
internal static class FormText
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The text of a name or a value. False when it is not encoded correctly.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> encoded, [NotNullWhen(true)] out string? text)
    {
        text = null;
        var decoded = new byte[encoded.Length];
        var length = 0;
        for (var i = 0; i < encoded.Length; i++)
        {
            var one = encoded[i];
            if (one == '%')
            {
                if (i + 2 >= encoded.Length || !byte.TryParse(encoded.Slice(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out one)) return false;
                i += 2;
            }
            else if (one == '+')
            {
                one = (byte)' ';
            }

            decoded[length++] = one;
        }

        try
        {
            text = Strict.GetString(decoded, 0, length);
            return true;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }
}
