using System.Text.Json.Nodes;
using VitGrid.Model.Configs;
using VitGrid.Model.Encoders;

namespace VitGrid.Model.Tests.Families.Registers;

/// <summary><c>config.json</c>, which states every number.</summary>
internal sealed record CheckpointConfig(EncoderArchitecture Architecture, Claim<int> Depth)
{
    public const string ModelType = "vit_with_registers";

    public static CheckpointConfig Read(JsonSection config) => new(
        new()
        {
            Width = Number(config, "embed_dim").Value,
            Depth = Number(config, "layers").Value,
            Heads = Number(config, "heads").Value,
            MlpWidth = Number(config, "mlp_dim").Value,
            PatchSize = Number(config, "patch").Value,
            ImageSize = Number(config, "side").Value,
            PrefixTokens = 1 + Number(config, "registers").Value,
            Norm = NormKind.LayerNorm,
            NormEpsilon = (float)(config.Number("eps") ?? throw config.Refuse("eps", "state it")),
            QueryKeyNorm = false,
            QueryKeyNormEpsilon = 0,
            Interpolation = PositionInterpolation.Original,
        },
        Number(config, "layers"));

    public static JsonObject ToJson(EncoderArchitecture architecture) => new()
    {
        ["model_type"] = ModelType,
        ["embed_dim"] = architecture.Width,
        ["layers"] = architecture.Depth,
        ["heads"] = architecture.Heads,
        ["mlp_dim"] = architecture.MlpWidth,
        ["patch"] = architecture.PatchSize,
        ["side"] = architecture.ImageSize,
        ["registers"] = architecture.PrefixTokens - 1,
        ["eps"] = architecture.NormEpsilon,
    };

    private static Claim<int> Number(JsonSection config, string key) =>
        config.Integer(key) is { } number and > 0 ? config.Stated(key, number) : throw config.Refuse(key, "expected a number above 0");
}
