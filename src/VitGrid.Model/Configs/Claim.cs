namespace VitGrid.Model.Configs;

/// <summary>What a config says about the encoder, to be held against the tensors.</summary>
/// <param name="Value">The value, stated or the source's default.</param>
/// <param name="Stated">Whether the config states it.</param>
/// <param name="Text">The claim in words for a message: key, file and value.</param>
internal sealed record Claim<T>(T Value, bool Stated, string Text);
