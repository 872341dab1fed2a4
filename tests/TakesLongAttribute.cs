using System.Reflection;
using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(Exeunt.Testing.LongestFirst))]

namespace Exeunt.Testing;

/// <summary>A class of tests that takes long begins before the others, so that at the end no core waits for it alone.</summary>
/// <param name="seconds">About how many, beside others on two cores. Nothing is measured by it; it is for the order alone.</param>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class TakesLongAttribute(int seconds) : Attribute
{
    public int Seconds => seconds;
}

/// <summary>What takes longest begins first; beyond that, the order is another one in each run, as without it.</summary>
internal sealed class LongestFirst : ITestCollectionOrderer
{
    private const int FromTheFront = 3;

    // A collection of one class is named after it, and says nothing else of it: "Test collection for Exeunt.Tests.SomeTests (id: 1f…)".
    private static readonly (string Name, int Seconds)[] Long =
    [
        .. from type in typeof(LongestFirst).Assembly.GetTypes()
           let takes = type.GetCustomAttribute<TakesLongAttribute>(inherit: false)
           where takes is not null
           orderby takes.Seconds descending
           select ($" {type.FullName} ", takes.Seconds),
    ];

    // At both ends: the runner queues all of them on the pool, whose other threads take the first few from the front, and the one that queued them all else from the back.
    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection
    {
        var all = DefaultTestCollectionOrderer.Instance.OrderTestCollections(testCollections).OrderByDescending(SecondsOf).ToList();
        return [.. all.Take(FromTheFront), .. all.Skip(FromTheFront).Reverse()];
    }

    private static int SecondsOf<TTestCollection>(TTestCollection collection)
        where TTestCollection : ITestCollection => Array.Find(Long, one => collection.TestCollectionDisplayName.Contains(one.Name, StringComparison.Ordinal)).Seconds;
}
