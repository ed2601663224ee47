using VitGrid.Engine.Errors;
using VitGrid.Engine.Models;
using VitGrid.Engine.Requests;
using VitGrid.Model.Encoders;
using VitGrid.Server.Api.Errors;

namespace VitGrid.Server.Api.Requests;

/// <summary>
/// Makes the inputs of a request ready for the model that it names, before anything is computed: texts are cut into its tokens, and what it
/// does not take is refused. Any thread may call.
/// </summary>
internal sealed class RequestInputs(GridGateway grid, ImageUrls urls)
{
    /// <summary>The images that are to be fetched.</summary>
    public ImageUrls Urls => urls;

    /// <summary>The request with texts as tokens; an input that cannot be embedded has its fault.</summary>
    /// <exception cref="ApiException">A field asks of texts what only images have, or of images what only texts have.</exception>
    public async ValueTask<ParsedRequest> PrepareAsync(ParsedRequest request, ModelInfo model, CancellationToken cancellationToken)
    {
        ParsedRequest checkedUrls = urls.Check(request);
        bool hasTexts = request.Images.Any(input => input.Words is not null);
        if (!hasTexts && request.Fields.PromptTemplate is not null)
            throw new ApiException(ApiCode.InvalidRequest, "prompt_template is for texts, and the request holds none; leave it out",
                "prompt_template");
        if (!hasTexts && model.TakesImages)
            return checkedUrls;
        if (hasTexts && model.TextTower is not null)
            DemandTextFields(request.Fields, model);
        ImageInput[] inputs = new ImageInput[request.Images.Count];
        for (int i = 0; i < inputs.Length; i++)
            inputs[i] = await PrepareAsync(checkedUrls.Images[i], request.Fields, model, cancellationToken);
        return checkedUrls with { Images = inputs };
    }

    /// <summary>The request with its texts refused, for answers that only images have.</summary>
    public static ParsedRequest ImagesAlone(ParsedRequest request) => request with
    {
        Images =
        [
            .. request.Images.Select(input => input.Words is null ? input : ImageInput.Refused(
                input.Param, ApiCode.UnsupportedModality, $"{input.Param} is text; features are those of images: send an image")),
        ],
    };

    private async ValueTask<ImageInput> PrepareAsync(
        ImageInput input, EmbeddingFields fields, ModelInfo model, CancellationToken cancellationToken)
    {
        if (input.Fault is not null)
            return input;
        if (input.Words is not { } text)
            return model.TakesImages ? input : NotTaken(input, $"{input.Param} is an image; model '{model.Name}' embeds texts, not images",
                grid.Models().Where(other => other.TakesImages), "send text");
        if (model.TextTower is null && text.Words is "")
            return ImageInput.Empty(input.Param);
        if (model.TextTower is null)
            return NotTaken(input, Described(input.Param, text, model), grid.Models().Where(other => other.TextTower is not null),
                $"send {ImageText.Forms}");
        try
        {
            return input with { Words = text with { Tokens = await TokensAsync(text, fields, model, cancellationToken) } };
        }
        catch (GridException exception) when (exception.Fault == GridFault.InvalidRequest)
        {
            return ImageInput.Refused(input.Param, ApiCode.InvalidRequest, $"{input.Param}: {exception.Message}");
        }
        catch (ApiException exception)
        {
            return ImageInput.Refused(input.Param, exception.Error.Code, $"{input.Param} {exception.Message}");
        }
    }

    private async ValueTask<TokenIds> TokensAsync(
        TextInput text, EmbeddingFields fields, ModelInfo model, CancellationToken cancellationToken)
    {
        if (text.Ids is not { } ids)
        {
            string words = PromptTemplates.Fill(fields.PromptTemplate, text.Words!);
            return await grid.Texts.Tokenize(model, words, fields.Truncate, cancellationToken);
        }
        if (!fields.TokensOfModel)
        {
            throw new ApiException(ApiCode.InvalidRequest,
                $"is an array of {ids.Length} token ids, and nothing says whose they are: send the text itself as a string (LangChain for "
                    + "Python: check_embedding_ctx_length=False), or with \"tokens\":\"model\" the ids that the own tokenizer of model "
                    + $"'{model.Name}' makes");
        }
        return fields.PromptTemplate is null ? grid.Texts.Accept(model, ids) : throw new ApiException(
            ApiCode.InvalidRequest, "is an array of token ids, to which prompt_template cannot be applied; leave one of them out");
    }

    private static string Described(string param, TextInput text, ModelInfo model)
    {
        string what = text.Ids is { } ids ? $"an array of {ids.Length} token ids" : $"text ('{Quote.Short(text.Words)}')";
        return $"{param} is {what}; model '{model.Name}' embeds images, not text{TextFault(model)}";
    }

    private static string TextFault(ModelInfo model) => model.TextFault is { } fault ? $" ({fault})" : "";

    private static ImageInput NotTaken(ImageInput input, string what, IEnumerable<ModelInfo> others, string otherwise)
    {
        string[] names = [.. others.Where(other => other.State == ModelState.Ready).Take(4).Select(other => $"'{other.Name}'")];
        string remedy = names.Length > 0 ? $"ask for model {string.Join(" or ", names)}, or {otherwise}" : otherwise;
        return ImageInput.Refused(input.Param, ApiCode.UnsupportedModality, $"{what}: {remedy}");
    }

    /// <summary>A text has one vector: that of the tower's end.</summary>
    private static void DemandTextFields(EmbeddingFields fields, ModelInfo model)
    {
        if (fields.Pooling is { } pooling && pooling != model.Architecture.Poolings.Default)
        {
            throw new ApiException(ApiCode.InvalidRequest,
                $"pooling is '{pooling.Name()}', which texts have not; leave it out, or send the images alone", "pooling");
        }
        if (fields.Layer != -1 && fields.Layer != model.Architecture.Depth)
        {
            throw new ApiException(ApiCode.InvalidRequest,
                $"layer is {fields.Layer}, and a text has one vector, that of the last; leave layer out, or send the images alone",
                "layer");
        }
    }
}

/// <summary>What a client should know of texts that were answered.</summary>
internal static class TextHints
{
    private const int MaxNamed = 4;

    /// <summary>One hint for all texts that were cut; none where there is no such text.</summary>
    public static IEnumerable<string> From(IReadOnlyList<ImageInput> inputs) => inputs.Any(input => input.Words is not null)
        ? From(inputs.Select(input => (input.Param, input.Words?.Tokens)))
        : [];

    /// <summary>The same of places and what stood there; null where it was no text.</summary>
    public static IEnumerable<string> From(IEnumerable<(string Param, TokenIds? Tokens)> inputs)
    {
        string[] cut =
        [
            .. inputs.Where(input => input.Tokens is { IsTruncated: true })
                .Select(input => $"{input.Param} ({input.Tokens!.Untruncated} tokens, {input.Tokens.Count} read)"),
        ];
        if (cut.Length == 0)
            yield break;
        yield return $"cut at the model's end: {string.Join(", ", cut.Take(MaxNamed))}"
            + $"{(cut.Length > MaxNamed ? $" and {cut.Length - MaxNamed} more" : "")}; send shorter texts, or truncate=error to have them "
            + "refused";
    }
}
