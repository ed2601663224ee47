using VitGrid.Model.Configs;
using VitGrid.Model.Encoders;
using VitGrid.Model.Families;
using VitGrid.Model.Preprocessing;
using VitGrid.Model.Tensors;
using VitGrid.Model.Tensors.Safetensors;

namespace VitGrid.Model.Towers.Timm;

/// <summary>Reads an encoder with timm's names, whichever family its architecture belongs to.</summary>
internal static class TimmTower
{
    private const string AttentionPool = "attn_pool";
    private const string MeanNorm = "fc_norm";
    private const string Head = "head";

    /// <summary>Numbers of classes that public data sets have: a head of as many outputs is a classifier.</summary>
    private static readonly int[] Classifiers = [1000, 10450, 11221, 11821, 12000, 18291, 21841, 21843];

    /// <summary>Reads a checkpoint of timm's own.</summary>
    public static EncoderModel Read(CheckpointFiles files, TimmArchitecture architecture) =>
        Read(files, architecture, (config, shape) => PretrainedPreprocessing.Read(config, shape.ImageSize));

    /// <summary>The same with the family's own reader of what the config says about images.</summary>
    public static EncoderModel Read(
        CheckpointFiles files, TimmArchitecture architecture, Func<JsonSection, EncoderArchitecture, ImagePreprocessing> images)
    {
        TimmConfig config = TimmConfig.Read(files.Config, architecture);
        TowerPlan plan = Plan(files, "", config, architecture, IsProjection(files, config, architecture)) with
        {
            Preprocessing = shape => images(files.Config, shape),
        };
        return TowerReader.Read(files, plan);
    }

    /// <summary>Finds out what a checkpoint holds.</summary>
    /// <param name="files">The checkpoint.</param>
    /// <param name="prefix">What stands before timm's names.</param>
    /// <param name="config">Its config.</param>
    /// <param name="architecture">What its name says.</param>
    /// <param name="projects">Whether <c>head</c> is a projection.</param>
    public static TowerPlan Plan(
        CheckpointFiles files, string prefix, TimmConfig config, TimmArchitecture architecture, bool projects)
    {
        TensorStore store = files.Store;
        TowerNames names = TimmNames.Find(store, prefix, architecture);
        TowerLayout found = new TowerSurvey(store, names, Sized(config.Tower, store, names)).Read();
        bool meanNorm = config.Pool == "avg" && store.Tensors.ContainsKey(prefix + MeanNorm + ".weight");
        TowerLayout layout = found with
        {
            PatchBias = !architecture.PreNorm,
            LayerScale = found.LayerScale || architecture.LayerScale,
            FinalNorm = architecture.FinalNorm && !meanNorm,
        };
        if (config.Pool == "token" && !layout.ClassToken)
            throw config.File.Refuse("global_pool", $"the checkpoint has no {prefix}cls_token to pool");
        layout = layout with { Head = [.. HeadTensors(store, layout, config, meanNorm, projects)] };
        return new()
        {
            Layout = layout,
            Config = config.Tower,
            Norm = architecture.Norm,
            Interpolation = PositionInterpolation.Timm,
            Facts = Facts(config, architecture),
            Poolings = Poolings(store, layout, config, meanNorm, projects),
            Preprocessing = _ => throw new InvalidOperationException("the caller says how images are prepared"),
            PooledNames = Names(layout, config, meanNorm, projects),
            Outputs = projects ? [new(TowerEnd.PreLogits, OutputRows.Image, layout.Width)] : [],
        };
    }

    /// <summary>A norm of the mean, an attention that pools, and a projection, as far as there are any.</summary>
    private static IEnumerable<StoredTensor> HeadTensors(
        TensorStore store, TowerLayout layout, TimmConfig config, bool meanNorm, bool projects)
    {
        string prefix = layout.Names.Prefix;
        int width = layout.Width;
        IEnumerable<StoredTensor> head = [];
        if (meanNorm)
            head = StoredTensor.Norm(prefix + MeanNorm, Roles.MeanNorm, width);
        if (config.Pool == "map")
        {
            string stem = prefix + AttentionPool;
            head = head.Concat(AttentionTensors(stem, width, PoolMlpWidth(store, stem, width)));
        }
        if (projects)
        {
            bool bias = store.Tensors.ContainsKey(prefix + Head + ".bias");
            head = head.Concat(StoredTensor.Linear(prefix + Head, Projected(store, prefix), width, bias, Roles.HeadProjection));
        }
        return head;
    }

    /// <summary>An attention that pools.</summary>
    public static IEnumerable<StoredTensor> AttentionTensors(string stem, int width, int mlpWidth) =>
        [
            StoredTensor.Token(stem + ".latent", Roles.PoolQuery, 1, 1, width),
            .. StoredTensor.Linear(stem + ".q", width, width, true, Roles.PoolQueryProjection),
            .. StoredTensor.Linear(stem + ".kv", 2 * width, width, true, Roles.PoolKey, Roles.PoolValue),
            .. StoredTensor.Linear(stem + ".proj", width, width, true, Roles.PoolProjection),
            .. StoredTensor.Norm(stem + ".norm", Roles.PoolNorm, width),
            .. StoredTensor.Linear(stem + ".mlp.fc1", mlpWidth, width, true, Roles.PoolFc1),
            .. StoredTensor.Linear(stem + ".mlp.fc2", width, mlpWidth, true, Roles.PoolFc2),
        ];

    private static int PoolMlpWidth(TensorStore store, string stem, int width) =>
        store.Tensors.TryGetValue(stem + ".mlp.fc1.weight", out TensorEntry? fc1) ? TensorCheck.Side(fc1, 2, 0) : 4 * width;

    private static TowerFacts Facts(TimmConfig config, TimmArchitecture architecture) => new()
    {
        Function = architecture.Function,
        Rotary = architecture.Rotary,
        HeadFrom = config.Pool switch { "map" => HeadSource.Attention, "avg" => HeadSource.Mean, _ => HeadSource.Class },
        PoolHeads = architecture.PoolHeads > 0 ? architecture.PoolHeads : config.Tower.Heads.Value,
        PoolFunction = architecture.Function,
        PoolEpsilon = (float)architecture.Epsilon,
    };

    private static PoolingFacts Poolings(TensorStore store, TowerLayout layout, TimmConfig config, bool meanNorm, bool projects)
    {
        int width = projects ? Projected(store, layout.Names.Prefix) : meanNorm || config.Pool == "map" ? layout.Width : 0;
        return new()
        {
            ClassToken = layout.ClassToken,
            HeadWidth = width,
            Default = width > 0 ? Pooling.Head : config.Pool == "avg" ? Pooling.Mean : Pooling.Cls,
        };
    }

    /// <summary><c>model(x)</c> is the embedding, and so is what stands before the classifier where there is no projection.</summary>
    private static Dictionary<string, Pooling> Names(TowerLayout layout, TimmConfig config, bool meanNorm, bool projects)
    {
        Pooling embedding = projects || meanNorm || config.Pool == "map"
            ? Pooling.Head
            : config.Pool == "avg" ? Pooling.Mean : Pooling.Cls;
        Dictionary<string, Pooling> names = new() { ["embedding"] = embedding };
        if (!projects)
            names[TowerEnd.PreLogits] = embedding;
        return names;
    }

    private static int Projected(TensorStore store, string prefix) => TensorCheck.Side(store.Tensors[prefix + Head + ".weight"], 2, 0);

    private static bool IsProjection(CheckpointFiles files, TimmConfig config, TimmArchitecture architecture)
    {
        if (!architecture.Projects || !files.Store.Tensors.TryGetValue(Head + ".weight", out TensorEntry? head))
            return false;
        string tag = (files.Config.Section("pretrained_cfg")?.Text("tag") ?? "") + files.Config.Text("architecture");
        return !tag.Contains("_ft_", StringComparison.Ordinal) && !Classifiers.Contains(TensorCheck.Side(head, 2, 0));
    }

    /// <summary>
    /// timm fits stored positions to the image's size when it loads them; here they are fitted from the stored ones. So a stated size that
    /// stored positions are not for does not contradict them.
    /// </summary>
    private static TowerConfig Sized(TowerConfig config, TensorStore store, TowerNames names) =>
        store.Tensors.ContainsKey(names.Outer(names.Position!)) ? config with { ImageSize = null } : config;
}
