using Exeunt.Protocol.Jose;
using Exeunt.Sqlite;

namespace Exeunt.Server;

/// <summary>
/// Brings up on another core, while the host is put together, what every start needs and what depends on nothing: the native libraries of the database and
/// of cryptography. It changes nothing but when that happens; whatever fails here fails again where somebody is told of it.
/// </summary>
internal static class Preload
{
    /// <summary>Begins, and does not wait.</summary>
    public static void Begin()
    {
        _ = Task.Run(() => SqliteLedger.EngineDescription);
        _ = Task.Run(ReadAKey);
    }

    // The way of the real key, with one that is thrown away.
    private static void ReadAKey()
    {
        using var made = SigningKey.Generate(JwsAlgorithm.ES256);
        using var read = SigningKey.FromPem(made.ExportPem(), made.Algorithm);
    }
}
