using System.Reflection;
using System.Runtime.InteropServices;
using SQLitePCL;

namespace Exeunt.Sqlite.Files;

/// <summary>
/// Which SQLite runs: the system's when it is newer, because it gets its security fixes from the system; otherwise the one that comes with the program.
/// </summary>
public static class Engine
{
    private const string Bundled = "e_sqlite3";

    private static readonly Lazy<string> Chosen = new(Choose);

    /// <summary>Version and origin, such as <c>3.40.1 (system)</c>.</summary>
    public static string Description => Chosen.Value;

    /// <summary>Makes sure that the choice was made; anything that talks to SQLite calls it first.</summary>
    internal static void Load() => _ = Chosen.Value;

    private static string Choose()
    {
        var provider = typeof(SQLite3Provider_e_sqlite3).Assembly;
        var system = FindNewerOfTheSystem(provider);
        if (system != 0)
            NativeLibrary.SetDllImportResolver(provider, (name, _, _) => name == Bundled ? system : 0);

        Batteries_V2.Init();
        return $"{raw.sqlite3_libversion().utf8_to_string()} ({(system == 0 ? "bundled" : "system")})";
    }

    private static nint FindNewerOfTheSystem(Assembly provider)
    {
        foreach (var name in (string[])["libsqlite3.so.0", "libsqlite3.dylib"])
        {
            if (!NativeLibrary.TryLoad(name, out var system)) continue;
            var bundled = NativeLibrary.TryLoad(Bundled, provider, null, out var own) ? VersionOf(own) : 0;
            if (IsThreadSafe(system) && VersionOf(system) > bundled) return system;
            NativeLibrary.Free(system);
        }

        return 0;
    }

    private static int VersionOf(nint library) => Ask(library, "sqlite3_libversion_number");

    private static bool IsThreadSafe(nint library) => Ask(library, "sqlite3_threadsafe") != 0;

    private static int Ask(nint library, string export) =>
        NativeLibrary.TryGetExport(library, export, out var address) ? Marshal.GetDelegateForFunctionPointer<Number>(address)() : 0;

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int Number();
}
