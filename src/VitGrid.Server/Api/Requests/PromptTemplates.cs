using VitGrid.Engine.Errors;
using VitGrid.Server.Api.Errors;

namespace VitGrid.Server.Api.Requests;

/// <summary>Sentences with a place for a text, such as <c>a photo of a {}</c>.</summary>
internal static class PromptTemplates
{
    /// <summary>Where the text goes.</summary>
    public const string Place = "{}";

    private const int MaxLength = 1_000;

    /// <summary>The template, if it is one.</summary>
    /// <exception cref="ApiException">It is too long, or does not have exactly one place.</exception>
    public static string? Check(string? template, string param)
    {
        if (template is null)
            return null;
        if (template.Length > MaxLength)
            throw new ApiException(ApiCode.InvalidRequest,
                $"{param} has {template.Length:N0} characters ('{Quote.Short(template)}'), the limit is {MaxLength:N0}; shorten it", param);
        int first = template.IndexOf(Place, StringComparison.Ordinal);
        return first >= 0 && first == template.LastIndexOf(Place, StringComparison.Ordinal) ? template : throw new ApiException(
            ApiCode.InvalidRequest,
            $"{param} is '{Quote.Short(template)}'; it takes a sentence with one {{}} where the text goes, such as 'a photo of a {{}}'",
            param);
    }

    /// <summary>The template with a text in its place.</summary>
    public static string Fill(string? template, string text) => template?.Replace(Place, text, StringComparison.Ordinal) ?? text;
}
