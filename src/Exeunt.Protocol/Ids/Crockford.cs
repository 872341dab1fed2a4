namespace Exeunt.Protocol.Ids;

/// <summary>
/// Crockford base32 of a 128-bit value: 26 characters, lower case, first character 0–7. Only that one spelling is read back,
/// so that two texts never name one id (a denylist keyed by text must not be walked around by respelling).
/// </summary>
internal static class Crockford
{
    public const int Length = 26;

    private const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

    private static readonly sbyte[] Values = ReverseAlphabet();

    public static void Write(UInt128 value, Span<char> destination)
    {
        for (var i = Length - 1; i >= 0; i--)
        {
            destination[i] = Alphabet[(int)(value & 31)];
            value >>= 5;
        }
    }

    public static bool TryRead(ReadOnlySpan<char> text, out UInt128 value)
    {
        value = default;
        if (text.Length != Length || text[0] > '7') return false;

        foreach (var c in text)
        {
            var digit = c < 128 ? Values[c] : -1;
            if (digit < 0) return false;
            value = (value << 5) | (UInt128)(uint)digit;
        }

        return true;
    }

    private static sbyte[] ReverseAlphabet()
    {
        var values = new sbyte[128];
        Array.Fill(values, (sbyte)-1);
        for (var i = 0; i < Alphabet.Length; i++) values[Alphabet[i]] = (sbyte)i;
        return values;
    }
}
