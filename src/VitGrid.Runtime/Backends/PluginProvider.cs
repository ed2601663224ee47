using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace VitGrid.Runtime.Backends;

/// <summary>A library that ONNX Runtime loads as an execution provider at run time, and the kind of devices that stands for it.</summary>
/// <param name="Name">The kind of its devices, as in <c>NAME:0</c>; see <see cref="IsName"/>.</param>
/// <param name="Library">Path of the shared library.</param>
public sealed partial record PluginProvider(string Name, string Library)
{
    /// <summary>What its devices are; it may bring others, which are then not used.</summary>
    public PluginHardware Hardware { get; init; }

    /// <summary>
    /// Options of every session, by their names in the provider's documentation. <c>{threads}</c> in a value becomes the number of
    /// threads that the device has.
    /// </summary>
    public IReadOnlyDictionary<string, string> Options { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>
    /// Options that make it compute in bf16 what is handed to it in single precision, beside <see cref="Options"/>; none: it has bf16 only
    /// where VitGrid knows the provider.
    /// </summary>
    public IReadOnlyDictionary<string, string> Bf16Options { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>Whether a name may be a kind of devices: up to 32 lower-case letters, digits and hyphens, a letter first.</summary>
    public static bool IsName(string name) => NameForm().IsMatch(name);

    [GeneratedRegex("^[a-z][a-z0-9-]{0,31}$", RegexOptions.CultureInvariant)]
    private static partial Regex NameForm();
}

/// <summary>What the devices of a plug-in are.</summary>
public enum PluginHardware
{
    /// <summary>The host's processor.</summary>
    Cpu,

    /// <summary>Graphics processors.</summary>
    Gpu,

    /// <summary>Neural processors.</summary>
    Npu,
}
