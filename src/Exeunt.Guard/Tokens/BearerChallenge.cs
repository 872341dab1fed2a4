namespace Exeunt.Guard.Tokens;

/// <summary>Values of <c>WWW-Authenticate</c> (RFC 6750 §3): no error code when there were no credentials, and only characters that are allowed in a description.</summary>
internal static class BearerChallenge
{
    /// <summary>There were no credentials (BRR-2).</summary>
    public const string Bare = "Bearer realm=\"exeunt\"";

    /// <summary>The token does not open this (BRR-4).</summary>
    public const string InsufficientScope = "Bearer realm=\"exeunt\", error=\"insufficient_scope\"";

    /// <summary>The credentials were of no use (BRR-3, BRR-5).</summary>
    /// <param name="error"><c>invalid_token</c> or <c>invalid_request</c>.</param>
    /// <param name="detail">Why, for people. What a header may not hold is left out (BRR-6).</param>
    public static string Of(string error, string detail) =>
        $"{Bare}, error=\"{error}\", error_description=\"{string.Concat(detail.Where(c => c is >= ' ' and <= '~' and not '"' and not '\\' and not '<' and not '>'))}\"";
}
