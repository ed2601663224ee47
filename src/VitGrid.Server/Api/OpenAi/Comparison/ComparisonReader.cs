using System.Text.Json;
using VitGrid.Engine.Errors;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.OpenAi.Requests;
using VitGrid.Server.Api.Requests;
using VitGrid.Server.Hosting.Options;

namespace VitGrid.Server.Api.OpenAi.Comparison;

/// <summary>Reads requests that compare: JSON whose texts and images stand in properties of their own.</summary>
internal sealed class ComparisonReader(BodyReader bodies, HttpOptions limits)
{
    /// <summary>Inputs of one request, texts and images together.</summary>
    public int MaxInputs => limits.MaxInputs;

    /// <summary>Reads a request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="set">Its fields.</param>
    /// <param name="check">Sees the fields before an image is decoded.</param>
    /// <param name="inputs">Takes the inputs out of the body.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="ApiException">It is refused.</exception>
    public Task<ParsedRequest> ReadAsync(
        HttpRequest request, FieldSet set, Action<EmbeddingFields> check, Func<JsonElement, RequestBody, RequestNotes,
            IReadOnlyList<ImageInput>> inputs, CancellationToken cancellationToken)
    {
        RequestFields fields = new RequestFields(set).AddQuery(request.Query);
        return bodies.ReadAsync(
            request, BodyTypes.Json, body => JsonRequest.Read(
                body.Bytes, body.Buffer, limits.MaxInputs, fields, check, (root, notes) => inputs(root, body, notes)), cancellationToken);
    }

    /// <summary>The images of a property, at least one.</summary>
    /// <exception cref="ApiException">There are none, or too many.</exception>
    public IReadOnlyList<ImageInput> Images(JsonElement root, string name, RequestBody body, RequestNotes notes) =>
        JsonInputs.ReadImages(root, name, body.Bytes, body.Buffer, MaxInputs, notes) is { Count: > 0 } images
            ? images
            : throw Missing(name, $"an image or an array of images, each {JsonImage.Forms}");

    /// <summary>The refusal of a request without a property that it needs.</summary>
    public static ApiException Missing(string name, string takes) =>
        new(ApiCode.InvalidRequest, $"{name} is missing or empty; it takes {takes}", name);
}
