using System.Globalization;

namespace Exeunt.Tests.Support;

/// <summary>
/// Shows a real process another time than the machine's, by Debian's libfaketime. How fast time passes stays as it is, and so does the monotonic clock, by which
/// programs wait.
/// </summary>
public static class FakeTime
{
    /// <summary>Where the library is; null where it is not installed.</summary>
    public static string? Library { get; } = !Directory.Exists("/usr/lib")
        ? null
        : Directory.EnumerateDirectories("/usr/lib", "*-linux-*").Select(folder => Path.Combine(folder, "faketime", "libfaketimeMT.so.1")).FirstOrDefault(File.Exists);

    /// <summary>The environment of a process whose clock is wrong by so many minutes.</summary>
    public static (string Name, string Value)[] WrongBy(int minutes) => [.. Preloaded, ("FAKETIME", string.Create(CultureInfo.InvariantCulture, $"{minutes:+0;-0;+0}m"))];

    /// <summary>The environment of a process whose clock is set by <see cref="Set"/>, whenever it is.</summary>
    public static (string Name, string Value)[] SetBy(string file) => [.. Preloaded, ("FAKETIME_TIMESTAMP_FILE", file), ("FAKETIME_NO_CACHE", "1")];

    /// <summary>From now on the clock is ahead by so much.</summary>
    public static void Set(string file, TimeSpan ahead)
    {
        File.WriteAllText(file + ".new", string.Create(CultureInfo.InvariantCulture, $"+{ahead.TotalSeconds:0}s\n"));
        File.Move(file + ".new", file, overwrite: true); // it is read at any moment
    }

    private static (string Name, string Value)[] Preloaded =>
        [("LD_PRELOAD", Library!), ("FAKETIME_DONT_FAKE_MONOTONIC", "1"), ("FAKETIME_FORCE_MONOTONIC_FIX", "0")];
}
