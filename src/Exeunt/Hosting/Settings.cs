using System.Collections;
using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Configuration;

namespace Exeunt.Hosting;

/// <summary>
/// Reads the section <c>Exeunt</c> into <see cref="ExeuntOptions"/>. It walks what was given, not what could be, so that a name nobody knows is found and a
/// start without settings costs nothing. Every mistake is one line that begins with the setting's name.
/// </summary>
public static class Settings
{
    /// <summary>Reads and checks everything. The options are usable only when there is no mistake.</summary>
    public static ExeuntOptions Read(IConfiguration configuration, out IReadOnlyList<string> mistakes)
    {
        var found = new List<string>();
        var options = new ExeuntOptions();
        ReadObject(options, configuration.GetSection(ExeuntOptions.Section), found);
        found.AddRange(SettingsCheck.Find(options));
        mistakes = found;
        return options;
    }

    private static void ReadObject(object target, IConfigurationSection section, List<string> mistakes)
    {
        if (!string.IsNullOrEmpty(section.Value)) mistakes.Add($"{section.Path}: is a group of settings and takes no value; write {section.Path}:<name>.");
        foreach (var given in section.GetChildren())
        {
            var property = target.GetType().GetProperty(given.Key, BindingFlags.Public | BindingFlags.Instance | BindingFlags.IgnoreCase);
            if (property is null) mistakes.Add($"{given.Path}: there is no such setting{Suggestion(target.GetType(), given)}");
            else if (property.GetValue(target) is IList list) ReadList(list, given, mistakes);
            else if (IsGroup(property.PropertyType)) ReadObject(property.GetValue(target)!, given, mistakes);
            else if (ReadValue(property.PropertyType, given, mistakes) is { } value) property.SetValue(target, value);
        }
    }

    private static void ReadList(IList list, IConfigurationSection section, List<string> mistakes)
    {
        if (!string.IsNullOrEmpty(section.Value)) mistakes.Add($"{section.Path}: is a list; write {section.Path}:0, {section.Path}:1 and so on.");
        var type = list.GetType().GetGenericArguments()[0];
        foreach (var given in section.GetChildren())
        {
            if (!int.TryParse(given.Key, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            {
                mistakes.Add($"{given.Path}: is an entry of a list and needs a number: {section.Path}:0.");
            }
            else if (IsGroup(type))
            {
                var entry = Activator.CreateInstance(type)!;
                ReadObject(entry, given, mistakes);
                list.Add(entry);
            }
            else if (ReadValue(type, given, mistakes) is { } value)
            {
                list.Add(value);
            }
        }
    }

    private static object? ReadValue(Type type, IConfigurationSection given, List<string> mistakes)
    {
        if (given.GetChildren().Any())
        {
            mistakes.Add($"{given.Path}: takes one value, not a group.");
            return null;
        }

        if (given.Value is not { } text) return null;
        var wanted = Nullable.GetUnderlyingType(type) ?? type;
        (object? value, var form) = wanted switch
        {
            _ when wanted == typeof(string) => (text, ""),
            _ when wanted == typeof(bool) => (bool.TryParse(text, out var truth) ? truth : null, "true or false"),
            _ when wanted == typeof(int) => (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : (object?)null, "a whole number"),
            _ when wanted == typeof(TimeSpan) => (SpanText.TryParse(text, out var span) ? span : (object?)null, SpanText.Form),
            _ => throw new InvalidOperationException($"Settings of type {wanted.Name} are not read."),
        };
        if (value is null) mistakes.Add($"{given.Path}: '{text}' is not {form}.");
        return value;
    }

    private static bool IsGroup(Type type) => type.IsClass && type != typeof(string);

    private static string Suggestion(Type group, IConfigurationSection given)
    {
        var names = group.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite).Select(p => p.Name).ToList();
        var nearest = names.MinBy(name => Distance(name.ToUpperInvariant(), given.Key.ToUpperInvariant()))!;
        return Distance(nearest.ToUpperInvariant(), given.Key.ToUpperInvariant()) <= 3 ? $"; did you mean {nearest}?" : $"; here are {string.Join(", ", names)}.";
    }

    // Levenshtein's distance.
    private static int Distance(string one, string other)
    {
        var row = Enumerable.Range(0, other.Length + 1).ToArray();
        for (var i = 1; i <= one.Length; i++)
        {
            (var diagonal, row[0]) = (row[0], i);
            for (var j = 1; j <= other.Length; j++)
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (one[i - 1] == other[j - 1] ? 0 : 1)));
        }

        return row[^1];
    }
}
