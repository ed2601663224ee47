using VitGrid.Engine.Models;
using VitGrid.Engine.Requests;
using VitGrid.Engine.Texts;

namespace VitGrid.Server.Api;

/// <summary>Cuts a text into a model's tokens: <see cref="TextTokenizers.TokenizeAsync"/>, or what a test puts in its place.</summary>
internal delegate ValueTask<TokenIds> TokenizeText(ModelInfo model, string text, bool truncate, CancellationToken cancellationToken);

/// <summary>Checks ids that a client has made: <see cref="TextTokenizers.Accept"/>, or what a test puts in its place.</summary>
internal delegate TokenIds AcceptTokens(ModelInfo model, ReadOnlySpan<int> ids);

/// <summary>How texts are read.</summary>
/// <param name="Tokenize">Cuts a text into tokens.</param>
/// <param name="Accept">Checks ids.</param>
internal sealed record TextGateway(TokenizeText Tokenize, AcceptTokens Accept)
{
    /// <summary>For who serves no text: no model has a tower for it, so that nothing is ever asked.</summary>
    public static TextGateway None { get; } = new(
        (model, _, _, _) => throw new InvalidOperationException($"model '{model.Name}' reads no text"),
        (model, _) => throw new InvalidOperationException($"model '{model.Name}' reads no text"));

    /// <summary>The grid's own.</summary>
    public static TextGateway From(TextTokenizers tokenizers) => new(tokenizers.TokenizeAsync, TextTokenizers.Accept);
}
