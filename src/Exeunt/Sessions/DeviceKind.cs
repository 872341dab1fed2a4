namespace Exeunt.Sessions;

/// <summary>
/// What a user agent says of the device, coarse enough to survive updates of the browser: the operating system and the browser's family. A signal, never
/// a proof.
/// </summary>
public static class DeviceKind
{
    // In the order of asking: an Edge says Chrome and Safari as well, a Chrome says Safari, an Android says Linux.
    private static readonly (string Mark, string Name)[] Browsers =
    [
        ("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox", "Firefox"), ("FxiOS", "Firefox"), ("CriOS", "Chrome"),
        ("Chrome", "Chrome"), ("Safari", "Safari"), ("curl/", "curl"), ("okhttp", "Android app"), ("CFNetwork", "iOS app"),
    ];

    private static readonly (string Mark, string Name)[] Systems =
    [
        ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS X", "Mac"), ("Macintosh", "Mac"), ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ];

    /// <summary>A few words such as <c>Firefox on Windows</c>; <c>Unknown device</c> when the user agent says nothing that is known.</summary>
    public static string Of(string? userAgent)
    {
        var browser = Find(Browsers, userAgent);
        var system = Find(Systems, userAgent);
        return (browser, system) switch
        {
            (null, null) => "Unknown device",
            ({ } name, null) => name,
            (null, { } name) => name,
            var (one, other) => $"{one} on {other}",
        };
    }

    private static string? Find((string Mark, string Name)[] table, string? userAgent) =>
        userAgent is null ? null : Array.Find(table, entry => userAgent.Contains(entry.Mark, StringComparison.Ordinal)).Name;
}
