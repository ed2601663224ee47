namespace VitGrid.Model.Segments;

/// <summary>The arithmetic a segment runs in.</summary>
public enum Precision
{
    /// <summary>Single precision; stored bf16 and fp16 weights are widened, which is exact.</summary>
    Fp32,

    /// <summary>bfloat16 storage; on a CPU the weights stay as stored and are widened at each use.</summary>
    Bf16,

    /// <summary>Half precision, for devices without bfloat16.</summary>
    Fp16,

    /// <summary>8-bit integers with one scale a row.</summary>
    Int8,
}
