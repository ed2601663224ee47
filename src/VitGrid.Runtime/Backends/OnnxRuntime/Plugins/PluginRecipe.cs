using System.Collections.Immutable;
using System.Globalization;
using VitGrid.Model.Segments;

namespace VitGrid.Runtime.Backends.OnnxRuntime.Plugins;

/// <summary>Which precisions a plug-in computes in, and the options that say so to it. Pure.</summary>
internal abstract class PluginRecipe(PluginProvider provider)
{
    private const string Threads = "{threads}";

    /// <summary>What is known of a plug-in, by its library's name.</summary>
    public static PluginRecipe For(PluginProvider provider) =>
        Path.GetFileName(provider.Library).Contains("openvino", StringComparison.OrdinalIgnoreCase)
            ? new OpenVinoRecipe(provider) : new PlainRecipe(provider);

    /// <summary>The plug-in.</summary>
    protected PluginProvider Provider => provider;

    /// <summary>Why it does not compute in a precision, to go on after its name; null where it does.</summary>
    public abstract string? Refusal(Precision precision);

    /// <summary>The options of a session.</summary>
    public IReadOnlyDictionary<string, string> OptionsFor(SegmentSettings settings)
    {
        Dictionary<string, string> options = new(provider.Options);
        foreach ((string name, string value) in settings.Precision == Precision.Bf16 ? provider.Bf16Options : Nothing)
            options[name] = value;
        string threads = settings.Threads.ToString(CultureInfo.InvariantCulture);
        foreach ((string name, string value) in options.ToArray())
            options[name] = value.Replace(Threads, threads, StringComparison.Ordinal);
        Complete(options, settings);
        return options;
    }

    /// <summary>How many times as many images per second it computes as in single precision.</summary>
    public virtual double Gain(Precision precision) => 1;

    /// <summary>Adds what the operator need not say.</summary>
    protected abstract void Complete(Dictionary<string, string> options, SegmentSettings settings);

    private static ImmutableDictionary<string, string> Nothing => ImmutableDictionary<string, string>.Empty;
}

/// <summary>A provider of which only its documentation knows more: single precision, and bf16 where options for it are given.</summary>
internal sealed class PlainRecipe(PluginProvider provider) : PluginRecipe(provider)
{
    /// <inheritdoc/>
    public override string? Refusal(Precision precision) => precision switch
    {
        Precision.Fp32 => null,
        Precision.Bf16 when Provider.Bf16Options.Count > 0 => null,
        Precision.Bf16 => $", for which nothing says how {Provider.Name} computes in it; use fp32, or set "
            + $"Bf16Options of the provider {Provider.Name}",
        _ => $", which {Provider.Name} devices do not compute in; use fp32",
    };

    /// <inheritdoc/>
    protected override void Complete(Dictionary<string, string> options, SegmentSettings settings)
    {
    }
}
