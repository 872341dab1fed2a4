using System.Globalization;
using Exeunt.Authentication;
using Microsoft.Extensions.Logging;

namespace Exeunt.Contracts;

/// <summary>The honest part of the contracts that always answer 200: when a logout could not be recorded, the answer says so, and an alarm is raised.</summary>
internal static partial class NotRecorded
{
    /// <summary>Raises the alarm and gives the sentence for <c>warning</c>.</summary>
    /// <param name="log">Where the alarm goes.</param>
    /// <param name="contract">Which contract answers.</param>
    /// <param name="verdict">What the credential was worth.</param>
    /// <param name="failure">What went wrong.</param>
    public static string Warn(ILogger log, string contract, BearerVerdict verdict, Exception failure)
    {
        LogoutLost(log, contract, failure);
        return ExpiryOf(verdict) is { } expires
            ? $"This logout was not recorded: the token stays valid until {expires.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)}. Log out again when the server has recovered."
            : "This logout was not recorded. Log out again when the server has recovered.";
    }

    private static DateTimeOffset? ExpiryOf(BearerVerdict verdict) => verdict switch
    {
        BearerVerdict.Live(var identity) => identity.ExpiresAt,
        BearerVerdict.Outside(var token, OutsideStanding.NotRecorded) => token.ExpiresAt,
        _ => null, // it opens nothing any more, or never did
    };

    [LoggerMessage(1701, LogLevel.Critical, "{Contract}: a logout was answered, but could not be recorded")]
    private static partial void LogoutLost(ILogger log, string contract, Exception failure);
}
