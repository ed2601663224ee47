using VitGrid.Model.Configs;
using VitGrid.Model.Tensors.Safetensors;

namespace VitGrid.Model.Families;

/// <summary>The files of a checkpoint's folder, open.</summary>
/// <param name="Directory">Full path of the folder.</param>
/// <param name="Config"><c>config.json</c>.</param>
/// <param name="Store">The tensors.</param>
internal sealed record CheckpointFiles(string Directory, JsonSection Config, TensorStore Store);
