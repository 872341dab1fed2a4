using System.Reflection;

namespace Exeunt.Server.WebConsole;

/// <summary>The console's files as the build embedded them; read when they are first asked for, and then kept.</summary>
internal static class ConsoleFiles
{
    private const string Prefix = "console/";
    private const string Compressed = ".br";

    private static readonly Lazy<Dictionary<string, ConsoleFile>> Files = new(ReadAll);

    /// <summary>Whether the server was built with its console.</summary>
    public static bool Exist => Files.Value.ContainsKey("index.html");

    /// <summary>The page, before its settings are put in.</summary>
    public static string Page => System.Text.Encoding.UTF8.GetString(Files.Value["index.html"].Bytes);

    /// <summary>The file of this path below <c>/console</c>; null when there is none. The page itself is not one of them.</summary>
    public static ConsoleFile? Find(string path) => path.StartsWith("assets/", StringComparison.Ordinal) ? Files.Value.GetValueOrDefault(path) : null;

    private static Dictionary<string, ConsoleFile> ReadAll()
    {
        var assembly = typeof(ConsoleFiles).Assembly;
        var found = assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).ToDictionary(name => name[Prefix.Length..], name => Read(assembly, name));
        return found.Where(file => !file.Key.EndsWith(Compressed, StringComparison.Ordinal))
            .ToDictionary(file => file.Key, file => new ConsoleFile(file.Value, found.GetValueOrDefault(file.Key + Compressed), TypeOf(file.Key)));
    }

    private static byte[] Read(Assembly assembly, string name)
    {
        using var stream = assembly.GetManifestResourceStream(name)!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private static string TypeOf(string path) => Path.GetExtension(path) switch
    {
        ".js" => "text/javascript; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".svg" => "image/svg+xml",
        _ => "application/octet-stream",
    };
}

/// <summary>One file of the console.</summary>
/// <param name="Bytes">As it is.</param>
/// <param name="Brotli">Compressed; null when that would not be smaller.</param>
/// <param name="Type">Its media type.</param>
internal sealed record ConsoleFile(byte[] Bytes, byte[]? Brotli, string Type);
