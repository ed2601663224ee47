using VitGrid.Model.Configs;
using VitGrid.Model.Encoders;
using VitGrid.Model.Towers;

namespace VitGrid.Model.Tests.Families.Towered;

/// <summary>Which <c>config.json</c> is the family's, and what its keys claim of the encoder.</summary>
internal static class CheckpointConfig
{
    public const string Known = $"\"{Registers.CheckpointConfig.ModelType}\"";

    public static bool Claims(JsonSection config) => config.Text("model_type") == Registers.CheckpointConfig.ModelType;

    public static TowerConfig Read(JsonSection config) => new()
    {
        Width = Number(config, "embed_dim"),
        Depth = Number(config, "layers"),
        Heads = Number(config, "heads"),
        MlpWidth = Number(config, "mlp_dim"),
        PatchSize = Number(config, "patch"),
        ImageSize = Number(config, "side"),
        Epsilon = (float)(config.Number("eps") ?? throw config.Refuse("eps", "state it")),
        Function = TowerConfig.ReadFunction(config, "activation", MlpFunction.Gelu),
    };

    private static Claim<int> Number(JsonSection config, string key) =>
        config.Integer(key) is { } number and > 0 ? config.Stated(key, number) : throw config.Refuse(key, "expected a number above 0");
}
