namespace Exeunt.Providers;

/// <summary>What is to be thought of a token of a provider, before asking whether its session has ended. Closed.</summary>
internal abstract record OutsideVerdict
{
    private OutsideVerdict()
    {
    }

    /// <summary>Authentic, for us, and in its time.</summary>
    public sealed record Valid(OutsideToken Token) : OutsideVerdict;

    /// <summary>Authentic and for us, but past its time.</summary>
    public sealed record Expired(OutsideToken Token) : OutsideVerdict;

    /// <summary>Not to be believed.</summary>
    /// <param name="Detail">Why, for people; quotes nothing of the token.</param>
    public sealed record Rejected(string Detail) : OutsideVerdict;

    /// <summary>The provider's keys could not be fetched yet: nobody can say.</summary>
    public sealed record NoKeys : OutsideVerdict;
}
