using Exeunt.LoadBench.Load;
using Exeunt.LoadBench.Results;

namespace Exeunt.LoadBench.Peers;

/// <summary>The rounds of all contenders side by side. Each round is compared with the same round of the others, and with the best of them in it.</summary>
/// <param name="Turns">What each did, round by round.</param>
/// <param name="Empty">What Kestrel did when there was nothing to do.</param>
internal sealed record Comparison(IReadOnlyDictionary<Contender, List<Turn>> Turns, IReadOnlyList<Pace> Empty)
{
    public Findings ToFindings()
    {
        var findings = new Findings([], [], Figures());
        foreach (var (ours, _) in Turns.Where(of => of.Key.IsOurs)) findings += new Findings([.. Ratios(ours).OfType<RatioResult>()], [], []);
        return findings;
    }

    private IEnumerable<RatioResult?> Ratios(Contender ours)
    {
        yield return AgainstBest(ours, $"Logout, {Turn.Many} in flight", 5, turn => turn.LogoutMany);
        yield return Against(ours, ExpressPeer.OnPostgres, $"Logout, {Turn.Many} in flight", 15, turn => turn.LogoutMany);
        var rates = Rates(ours, turn => turn.LogoutMany)!;
        yield return Ratio($"Logout, {Turn.Many} in flight: {ours.Name} ÷ empty Kestrel endpoint", rates, [.. Empty.Select(pace => pace.PerSecond)], 0.28, "empty app");
        yield return Ratio($"Logout by access token ÷ by refresh token, {Turn.Many} in flight: {ours.Name}", Rates(ours, turn => turn.LogoutByAccess)!, rates, 0.75, "by refresh token");
        yield return AgainstBest(ours, $"Logout, {Turn.Alone} in flight", 2, turn => turn.LogoutAlone);
        yield return AgainstBest(ours, $"Refresh, {Turn.Some} in flight", 3, turn => turn.Refresh);
        yield return AgainstBest(ours, $"Request with the check, {Turn.Many} in flight", 4, turn => turn.Request);
        yield return LogoutAll(ours);
    }

    private RatioResult? AgainstBest(Contender ours, string job, double bound, Func<Turn, Pace?> of)
    {
        var others = Turns.Keys.Where(one => !one.IsOurs).Select(one => (one.Name, Rates: Rates(one, of))).Where(one => one.Rates is not null).ToArray();
        if (others.Length == 0) return null;
        var best = others[0].Rates!.Select((_, round) => others.Max(one => one.Rates![round])).ToArray();
        return Ratio($"{job}: {ours.Name} ÷ best other", Rates(ours, of)!, best, bound, others.MaxBy(one => Spread.Of(one.Rates!).Median).Name);
    }

    private RatioResult? Against(Contender ours, string name, string job, double bound, Func<Turn, Pace?> of) =>
        Turns.Keys.FirstOrDefault(one => one.Name == name) is { } other ? Ratio($"{job}: {ours.Name} ÷ {name}", Rates(ours, of)!, Rates(other, of)!, bound, name) : null;

    private static RatioResult Ratio(string name, double[] ours, double[] theirs, double bound, string them) =>
        new(name, Spread.OfRatios(ours, theirs), new(AtMost: false, bound), $"{Spread.Of(ours).Median:N0}/s", $"{Spread.Of(theirs).Median:N0}/s, {them}");

    // Times, so upside down: how many times faster.
    private RatioResult? LogoutAll(Contender ours)
    {
        var others = Turns.Where(of => !of.Key.IsOurs && of.Value.TrueForAll(turn => turn.LogoutAll is not null)).ToArray();
        if (others.Length == 0) return null;
        double[] mine = [.. Turns[ours].Select(turn => turn.LogoutAll!.Value.Many)];
        double[] best = [.. mine.Select((_, round) => others.Min(of => of.Value[round].LogoutAll!.Value.Many))];
        var name = others.MinBy(of => Spread.Of(of.Value.Select(turn => turn.LogoutAll!.Value.Many)).Median).Key.Name;
        return new($"Logout-all of {Amounts.Large:N0} sessions, time: best other ÷ {ours.Name}", Spread.OfRatios(best, mine), new(AtMost: false, 10),
            $"{Spread.Of(best).Median:0.0} ms, {name}", $"{Spread.Of(mine).Median:0.0} ms");
    }

    private double[]? Rates(Contender of, Func<Turn, Pace?> job) =>
        Turns[of].TrueForAll(turn => job(turn) is not null) ? [.. Turns[of].Select(turn => job(turn)!.PerSecond)] : null;

    private IReadOnlyList<Figure> Figures()
    {
        var figures = new List<Figure>();
        AddRates($"Logout, {Turn.Alone} in flight", turn => turn.LogoutAlone);
        AddRates($"Logout, {Turn.Some} in flight", turn => turn.LogoutSome);
        AddRates($"Logout, {Turn.Many} in flight", turn => turn.LogoutMany);
        Add($"Processor time of the server for a logout, {Turn.Many} in flight", "µs", turn => turn.ProcessorTime);
        AddRates($"Logout by access token, {Turn.Many} in flight", turn => turn.LogoutByAccess);
        Add("Logout-all of 1 session", "ms", turn => turn.LogoutAll?.One);
        Add($"Logout-all of {Amounts.Large:N0} sessions", "ms", turn => turn.LogoutAll?.Many);
        AddRates($"Refresh, {Turn.Some} in flight", turn => turn.Refresh);
        AddRates($"Request with the check, {Turn.Many} in flight", turn => turn.Request);
        AddRates($"Introspection, {Turn.Many} in flight", turn => turn.Introspection);
        figures.Add(Figure.OfRate($"Empty Kestrel endpoint, {Turn.Many} in flight", Empty));
        return figures;

        void AddRates(string job, Func<Turn, Pace?> of)
        {
            foreach (var (contender, turns) in Turns.Where(one => one.Value.TrueForAll(turn => of(turn) is not null)))
                figures.Add(Figure.OfRate($"{job}: {contender.Name}", turns.Select(turn => of(turn)!)));
        }

        void Add(string job, string unit, Func<Turn, double?> of)
        {
            foreach (var (contender, turns) in Turns.Where(one => one.Value.TrueForAll(turn => of(turn) is not null)))
                figures.Add(new($"{job}: {contender.Name}", Spread.Of(turns.Select(turn => of(turn)!.Value)), unit));
        }
    }
}
