using System.Text.Json;
using VitGrid.Engine.Errors;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.Requests;

namespace VitGrid.Server.Api.OpenAi.Requests;

/// <summary>
/// What a request says beside its images, from every place that may say it: the query, and the JSON object or the form of its body. A field
/// that is said twice must be said alike.
/// </summary>
internal sealed class RequestFields
{
    public const string Query = "the query";
    public const string Body = "the body";
    public const string Form = "the form";

    private readonly Dictionary<string, Saying> _fields = new(StringComparer.Ordinal);

    /// <summary>
    /// Takes the query; it writes '+' for a blank, and <c>pooling=cls+mean</c> and <c>preprocess=crop+fast</c> are what people type.
    /// </summary>
    /// <exception cref="ApiException">A field is said twice and differently.</exception>
    public RequestFields AddQuery(IQueryCollection query)
    {
        foreach ((string name, Microsoft.Extensions.Primitives.StringValues values) in query)
        {
            foreach (string? value in values)
                Add(name, name is "pooling" or "preprocess" ? value?.Replace(' ', '+') : value, Query);
        }
        return this;
    }

    /// <summary>Takes every property of a JSON object that is not null.</summary>
    /// <exception cref="ApiException">A field is said twice and differently.</exception>
    public RequestFields AddJson(JsonElement root)
    {
        foreach (JsonProperty property in root.EnumerateObject())
        {
            if (property.Value.ValueKind == JsonValueKind.Null)
                continue;
            if (FieldRules.IsContent(property.Name))
                AddContent(property.Name, Body);
            else
                Add(property.Name, TextOf(property.Value), Body, property.Value.ValueKind);
        }
        return this;
    }

    /// <summary>Takes one field.</summary>
    /// <exception cref="ApiException">It was said before, and differently.</exception>
    public void Add(string name, string? text, string place, JsonValueKind kind = JsonValueKind.String)
    {
        if (place != Body && FieldRules.IsContent(name))
            throw Refused(name, $"{name} stands in {place}, where no image is read; send it in the body");
        Saying said = new(name, text, place, kind);
        string key = FieldRules.Canonical(name);
        if (!_fields.TryAdd(key, said) && FieldRules.IsRead(name) && _fields[key] is var before && (before.Text != text || text is null))
            throw Refused(name, $"{before} and {said}; send it once");
    }

    /// <summary>Checks every name, then reads the fields; what is not read here is told to <paramref name="notes"/>.</summary>
    /// <exception cref="ApiException">A name or a value is not one that is taken.</exception>
    public EmbeddingFields Read(RequestNotes notes)
    {
        foreach (Saying said in _fields.Values)
            FieldRules.Check(said, notes);
        return FieldValues.Read(TextOf);
    }

    private void AddContent(string name, string place)
    {
        if (!_fields.TryAdd(name, new(name, null, place, JsonValueKind.Array)))
            throw Refused(name, $"{name} stands in {place} twice; send it once");
    }

    private string? TextOf(string name)
    {
        if (!_fields.TryGetValue(name, out Saying said))
            return null;
        return said.Text ?? throw Refused(said.Name, $"{said.Name} is a JSON {said.Kind}; it takes a single string, number or boolean");
    }

    private static string? TextOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        JsonValueKind.Number => value.GetRawText(),
        _ => null,
    };

    private static ApiException Refused(string name, string message) => new(ApiCode.InvalidRequest, message, name);
}

/// <summary>A field as it was said.</summary>
/// <param name="Name">The name as it was written.</param>
/// <param name="Text">The value as it would stand in a form; null for an object or array.</param>
/// <param name="Place">Where it stood.</param>
/// <param name="Kind">What it was in JSON.</param>
internal readonly record struct Saying(string Name, string? Text, string Place, JsonValueKind Kind)
{
    /// <inheritdoc/>
    public override string ToString() => Text is null
        ? $"{Quote.Short(Name)} is a JSON {Kind} in {Place}"
        : $"{Quote.Short(Name)} is '{Quote.Short(Text)}' in {Place}";
}
