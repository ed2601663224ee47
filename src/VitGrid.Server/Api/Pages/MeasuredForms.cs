using System.Collections.Concurrent;

namespace VitGrid.Server.Api.Pages;

/// <summary>What a form of a model was measured to do on this machine.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Form">Its precision.</param>
/// <param name="Device">The device that computed it.</param>
/// <param name="ImagesPerSecond">Images per second, one at a time.</param>
/// <param name="Cosine">The least cosine of a vector with the same in single precision.</param>
/// <param name="Images">Images that were compared.</param>
internal sealed record MeasuredForm(string Model, string Form, string Device, double ImagesPerSecond, double Cosine, int Images);

/// <summary>What can be measured here and what was since this process began.</summary>
/// <param name="Forms">The forms that this process's devices compute.</param>
/// <param name="Measured">What was measured.</param>
internal sealed record FormOverview(IReadOnlyList<string> Forms, IReadOnlyList<MeasuredForm> Measured);

/// <summary>Keeps the newest measurement of each form of each model, as long as the process lives. Any thread may call.</summary>
internal sealed class MeasuredForms
{
    private readonly ConcurrentDictionary<(string Model, string Form), MeasuredForm> _forms = new();

    /// <summary>All of them, by model and form.</summary>
    public IReadOnlyList<MeasuredForm> All =>
        [.. _forms.Values.OrderBy(form => form.Model, StringComparer.Ordinal).ThenBy(form => form.Form, StringComparer.Ordinal)];

    /// <summary>Keeps one in place of what was measured before.</summary>
    public void Keep(MeasuredForm form) => _forms[(form.Model, form.Form)] = form;
}
