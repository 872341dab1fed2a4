using System.Globalization;

namespace Exeunt.Tests.Support;

/// <summary>
/// Shows a real process another time than the machine's, by Debian's libfaketime. How fast time passes stays as it is, and so does the monotonic clock, by which
/// programs wait.
/// </summary>
public static class WrongClock
{
    private static readonly string? Library = !Directory.Exists("/usr/lib")
        ? null
        : Directory.EnumerateDirectories("/usr/lib", "*-linux-*").Select(folder => Path.Combine(folder, "faketime", "libfaketimeMT.so.1")).FirstOrDefault(File.Exists);

    /// <summary>Whether the library is there.</summary>
    public static bool CanBeHad => Library is not null;

    private static (string Name, string Value)[] Preloaded =>
    [
        ("LD_PRELOAD", Library ?? throw new InvalidOperationException("It needs Debian's libfaketime.")),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1"), ("FAKETIME_FORCE_MONOTONIC_FIX", "0"),
    ];

    /// <summary>The environment of a process whose clock is wrong by so many minutes.</summary>
    public static (string Name, string Value)[] By(int minutes) => [.. Preloaded, ("FAKETIME", string.Create(CultureInfo.InvariantCulture, $"{minutes:+0;-0;+0}m"))];

    /// <summary>The environment of a process whose clock is set by <see cref="Set"/>, at any time.</summary>
    public static (string Name, string Value)[] SetIn(string file) => [.. Preloaded, ("FAKETIME_TIMESTAMP_FILE", file), ("FAKETIME_NO_CACHE", "1")];

    /// <summary>From now on the clock is ahead by so many seconds.</summary>
    public static void Set(string file, TimeSpan ahead)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(ahead, TimeSpan.Zero);
        File.WriteAllText(file + ".new", string.Create(CultureInfo.InvariantCulture, $"+{ahead.TotalSeconds:0}s\n"));
        File.Move(file + ".new", file, overwrite: true); // it is read at any moment
    }
}
