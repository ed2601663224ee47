using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace VitGrid.Server.Verbs;

/// <summary>Options whose refusal names the option, the value and what is allowed.</summary>
internal static class ValueOption
{
    /// <summary>An option read by <paramref name="parse"/>, whose <see cref="FormatException"/> becomes a usage error.</summary>
    public static Option<T> From<T>(string name, string help, string description, Func<string, T> parse) => new(name)
    {
        Description = description,
        HelpName = help,
        Arity = ArgumentArity.ExactlyOne,
        CustomParser = result => Parse(name, result, parse),
    };

    /// <summary>One of named values.</summary>
    public static Option<T> Choice<T>(string name, string description, params (string Name, T Value)[] choices)
    {
        string[] names = [.. choices.Select(choice => choice.Name)];
        Option<T> option = From(name, string.Join('|', names), description, text => Array.IndexOf(names, text) is var at and >= 0
            ? choices[at].Value
            : throw new FormatException($"'{text}' is not one of {string.Join(", ", names)}"));
        option.CompletionSources.Add(_ => names.Select(choice => new System.CommandLine.Completions.CompletionItem(choice)));
        return option;
    }

    /// <summary>A whole number within bounds.</summary>
    public static Option<int?> Number(string name, string help, string description, int least, int most) =>
        From<int?>(name, help, description, text =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) && number >= least && number <= most
            ? number
            : throw new FormatException(
                string.Create(CultureInfo.InvariantCulture, $"'{text}' is not a whole number from {least} to {most}")));

    private static T? Parse<T>(string name, ArgumentResult result, Func<string, T> parse)
    {
        try
        {
            return parse(result.Tokens[^1].Value);
        }
        catch (FormatException exception)
        {
            result.AddError($"{name}: {exception.Message}");
            return default;
        }
    }
}
