using VitGrid.Engine.Options;
using VitGrid.Settings;

namespace VitGrid.Server.Hosting.Options;

/// <summary>A model as the operator names it.</summary>
internal sealed record ModelSettings
{
    /// <summary>Name, folder or hub id of the checkpoint.</summary>
    [Setting("the first model to serve, as `--model`; the second is `Models:1:Model`. None named: `internvit-nano`",
        Form = "the name, folder or hub id of a checkpoint")]
    public required string Model { get; init; }

    /// <summary>The name clients use; null takes the folder's or the model's own.</summary>
    [Setting("the name clients use; none: the folder's or the model's own", Form = "a name")]
    public string? Name { get; init; }

    /// <summary>Arithmetic; null: what suits the devices.</summary>
    [Setting("arithmetic, as `--precision`; auto is bf16 or fp16 on CUDA, fp32 on a CPU", Automatic = "auto")]
    public Model.Segments.Precision? Precision { get; init; }

    /// <summary>Pipeline segments; 0 takes the fewest that fit the devices.</summary>
    [Setting("pipeline segments, as `--segments`; 0: the fewest that fit the devices", Unit = "segments", Min = 0,
        Max = ModelOptions.MaxSegments)]
    public int Segments { get; init; }

    /// <summary>Replicas in the grid; 0: as many as its devices hold usefully.</summary>
    [Setting("replicas in the grid, as `--replicas`; 0: as many as its devices hold usefully", Unit = "replicas", Min = 0,
        Max = ModelOptions.MaxReplicas)]
    public int Replicas { get; init; }

    /// <summary>Preprocessing profile; null takes the checkpoint's own.</summary>
    [Setting("the profile by which images are prepared; none: the checkpoint's own", Form = "a profile such as `crop` or `squash`")]
    public string? Preprocess { get; init; }
}
