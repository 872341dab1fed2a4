using System.Security.Cryptography;

namespace Exeunt.Protocol.Jose;

/// <summary>Reads keys from PEM text (RFC 7468), and says what is wrong without ever quoting the text.</summary>
internal static class PemReader
{
    /// <exception cref="FormatException">It is not exactly one RSA or P-256 public key.</exception>
    public static KeyMaterial ReadPublic(string pem)
    {
        var label = SoleLabel(pem);
        if (label.Contains("PRIVATE", StringComparison.Ordinal))
            throw new FormatException("This PEM holds a private key. Give only the public half: whoever reads this file could sign with it.");
        if (label is not ("PUBLIC KEY" or "RSA PUBLIC KEY")) throw new FormatException("A public key in PEM is labelled PUBLIC KEY.");

        using var key = Import(pem);
        return PublicHalf(key);
    }

    /// <returns>An <see cref="RSA"/> or <see cref="ECDsa"/>, which the caller disposes.</returns>
    /// <exception cref="FormatException">It is not exactly one unencrypted RSA or P-256 private key.</exception>
    public static AsymmetricAlgorithm ReadPrivate(string pem)
    {
        if (SoleLabel(pem) is not ("PRIVATE KEY" or "EC PRIVATE KEY" or "RSA PRIVATE KEY"))
            throw new FormatException("A signing key in PEM is labelled PRIVATE KEY and is not encrypted.");

        return Import(pem);
    }

    /// <exception cref="FormatException">The key is of a size or curve that is not accepted.</exception>
    public static KeyMaterial PublicHalf(AsymmetricAlgorithm key)
    {
        if (key is ECDsa ecdsa) return EcPublicKey.Of(ecdsa.ExportParameters(includePrivateParameters: false).Q);

        var rsa = ((RSA)key).ExportParameters(includePrivateParameters: false);
        return RsaPublicKey.Of(rsa.Modulus, rsa.Exponent);
    }

    private static string SoleLabel(string pem)
    {
        if (!PemEncoding.TryFind(pem, out var found)) throw new FormatException("There is no PEM block (-----BEGIN …-----).");
        if (PemEncoding.TryFind(pem.AsSpan(found.Location.End.Value), out _)) throw new FormatException("There is more than one PEM block; give one key.");

        return pem[found.Label];
    }

    private static AsymmetricAlgorithm Import(string pem)
    {
        // The label PUBLIC KEY or PRIVATE KEY does not say of which kind, so the parser that understands it decides.
        foreach (var create in (ReadOnlySpan<Func<AsymmetricAlgorithm>>)[ECDsa.Create, RSA.Create])
        {
            var key = create();
            try
            {
                key.ImportFromPem(pem);
                return key;
            }
            catch (Exception failure) when (failure is CryptographicException or ArgumentException)
            {
                key.Dispose(); // the framework's message is not passed on: it differs from platform to platform
            }
        }

        throw new FormatException("The PEM block holds no RSA or P-256 key that can be read.");
    }
}
