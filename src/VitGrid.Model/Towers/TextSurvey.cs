using VitGrid.Model.Configs;
using VitGrid.Model.Encoders;
using VitGrid.Model.Families;
using VitGrid.Model.Tensors;
using VitGrid.Model.Tensors.Safetensors;

namespace VitGrid.Model.Towers;

/// <summary>Reads a text tower's layout from the shapes of stored tensors and holds it against the config.</summary>
internal sealed class TextSurvey(TensorStore store, TowerNames names, TextConfig config)
{
    /// <summary>Reads the layout.</summary>
    /// <exception cref="CheckpointException">A tensor that tells a size is missing, or the config denies what a shape says.</exception>
    public TowerLayout Read()
    {
        string table = TextTowerReader.TableOf(names), positions = names.Outer(names.Position!);
        string fc2 = names.Inner(0, StoredTensor.WeightOf(names.Fc2));
        int depth = TowerSurvey.DepthOf(store, names, config.Tower.Depth);
        TensorCheck.RequireAll(
            store, [.. new[] { table, positions, fc2 }.Select(name => new ExpectedTensor(name, WeightKind.Matrix, []))], depth,
            config.Tower.Depth);
        int width = Side(table, 1, "the text tower", config.Tower.Width);
        return new()
        {
            Names = names,
            Width = width,
            Depth = depth,
            Heads = TowerSurvey.HeadsOf(store, width, config.Tower.Heads),
            MlpWidth = Side(fc2, 1, "the text tower's MLP", config.Tower.MlpWidth),
            PatchSize = 1,
            Grid = 0,
            Vocabulary = Side(table, 0, "the table of tokens", config.Vocabulary),
            Context = Side(positions, 0, "the context", config.Context),
            ClassToken = false,
        };
    }

    private int Side(string tensor, int axis, string what, Claim<int>? claim)
    {
        TensorEntry entry = store.Tensors[tensor];
        return TensorCheck.Agree(TensorCheck.Side(entry, 2, axis), entry, what, claim);
    }
}
