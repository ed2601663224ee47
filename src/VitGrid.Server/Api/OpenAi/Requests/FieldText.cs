using System.Globalization;
using VitGrid.Engine.Errors;
using VitGrid.Server.Api.Errors;

namespace VitGrid.Server.Api.OpenAi.Requests;

/// <summary>Reads one field's text; a refusal names the field, the value and what it takes.</summary>
internal readonly struct FieldText(Func<string, string?> text)
{
    /// <summary>The choice the text names; the first one when the field is absent.</summary>
    public T Choice<T>(string name, params ReadOnlySpan<(string Text, T Value)> choices)
    {
        if (text(name) is not { } given)
            return choices[0].Value;
        foreach ((string known, T value) in choices)
        {
            if (known == given)
                return value;
        }
        List<string> names = [];
        foreach ((string known, _) in choices)
            names.Add(known);
        throw new ApiException(ApiCode.InvalidRequest,
            $"{name} is '{Quote.Short(given)}'; it takes one of {string.Join(", ", names)} (default {names[0]})", name);
    }

    /// <summary>A whole number; null when the field is absent.</summary>
    public int? Integer(string name, int least, int most)
    {
        if (text(name) is not { } given)
            return null;
        if (int.TryParse(given, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) && value >= least
            && value <= most)
            return value;
        throw new ApiException(ApiCode.InvalidRequest,
            string.Create(CultureInfo.InvariantCulture,
                $"{name} is '{Quote.Short(given)}'; it takes a whole number from {least} to {most}"), name);
    }
}
