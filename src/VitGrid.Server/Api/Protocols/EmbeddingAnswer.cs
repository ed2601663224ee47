using VitGrid.Engine.Models;
using VitGrid.Server.Api.Answers;
using VitGrid.Server.Api.Requests;

namespace VitGrid.Server.Api.Protocols;

/// <summary>What a request for vectors is answered with, before it is written as its protocol writes it.</summary>
/// <param name="Model">The model that computed.</param>
/// <param name="Fields">What the request said beside its images.</param>
/// <param name="Outcomes">An outcome for each image, in order.</param>
/// <param name="Hints">What the client should know although it was answered; the header has them too.</param>
internal sealed record EmbeddingAnswer(
    ModelInfo Model, EmbeddingFields Fields, IReadOnlyList<ImageOutcome> Outcomes, IReadOnlyList<string> Hints);
