namespace VitGrid.Model.Towers;

/// <summary>
/// Names of roles that a vision transformer's weights have beside those of <see cref="Encoders.EncoderWeights"/>; <c>.weight</c> and
/// <c>.bias</c> are added to those of norms and linear layers.
/// </summary>
internal static class Roles
{
    /// <summary>[R, D], after the class token, without position.</summary>
    public const string RegisterTokens = "register_tokens";

    /// <summary>[D], after the class token, with a position.</summary>
    public const string DistillationToken = "distillation_token";

    /// <summary>A norm of embedded patches, before positions are added.</summary>
    public const string PatchNorm = "patch_norm";

    /// <summary>A norm of all tokens, before the first block.</summary>
    public const string PreNorm = "pre_norm";

    /// <summary>A norm of all tokens, after the last block.</summary>
    public const string FinalNorm = "final_norm";

    /// <summary>A norm of the class token alone, after the last block.</summary>
    public const string ClassNorm = "class_norm";

    /// <summary>A norm of the mean of the patches.</summary>
    public const string MeanNorm = "mean_norm";

    /// <summary>A linear layer and tanh over the class token.</summary>
    public const string Dense = "dense";

    /// <summary>The head's last linear layer, into the space that is shared with texts.</summary>
    public const string HeadProjection = "head_projection";

    /// <summary>[D], the query of an attention that pools.</summary>
    public const string PoolQuery = "pool.latent";

    /// <summary>Linear layers of an attention that pools; its query's may be missing.</summary>
    public const string PoolQueryProjection = "pool.query";

    /// <inheritdoc cref="PoolQueryProjection"/>
    public const string PoolKey = "pool.key";

    /// <inheritdoc cref="PoolQueryProjection"/>
    public const string PoolValue = "pool.value";

    /// <inheritdoc cref="PoolQueryProjection"/>
    public const string PoolProjection = "pool.projection";

    /// <summary>The norm before the MLP of an attention that pools.</summary>
    public const string PoolNorm = "pool.norm";

    /// <summary>The layers of that MLP.</summary>
    public const string PoolFc1 = "pool.fc1";

    /// <inheritdoc cref="PoolFc1"/>
    public const string PoolFc2 = "pool.fc2";

    /// <summary>[(2g − 1)² + 3, h], added to attention's scores; of a block, or of all.</summary>
    public const string RelativePosition = "relative_position";

    /// <summary>A norm that a checkpoint keeps for its training task, outside the encoder.</summary>
    public const string TaskNorm = "task_norm";

    private static readonly string[] BehindBlocks = [FinalNorm, ClassNorm, MeanNorm, Dense, HeadProjection, "pool"];

    /// <summary>Whether a weight outside the blocks is used behind the last of them: by the segment that has it.</summary>
    public static bool IsBehindBlocks(string role) =>
        Array.Exists(BehindBlocks, stem => role.StartsWith(stem + ".", StringComparison.Ordinal));

    /// <summary>The role of a layer's weight.</summary>
    public static string Weight(string role) => role + ".weight";

    /// <summary>The role of a layer's bias.</summary>
    public static string Bias(string role) => role + ".bias";
}
