using System.Runtime.CompilerServices;
using Mono.Cecil;
using Mono.Cecil.Cil;
using Mono.Cecil.Rocks;
using VitGrid.Probe;

namespace VitGrid.Structure.Coverage;

/// <summary>Rewrites assemblies so that every statement notes that it ran. Points are numbered through all of them.</summary>
/// <param name="root">Folder of the checkout; code from files outside it, or that a build wrote, is left alone.</param>
internal sealed class Instrumenter(string root)
{
    private const int HiddenLine = 0xfeefee;

    private readonly List<ProbedPoint> _points = [];

    /// <summary>The points by number.</summary>
    public IReadOnlyList<ProbedPoint> Points => _points;

    /// <summary>Rewrites an assembly in place. Its symbols lie beside it.</summary>
    /// <param name="file">Path of the .dll.</param>
    public void Rewrite(string file)
    {
        using DefaultAssemblyResolver resolver = new();
        resolver.AddSearchDirectory(Path.GetDirectoryName(file)!);
        resolver.AddSearchDirectory(Path.GetDirectoryName(typeof(object).Assembly.Location)!);
        ReaderParameters reading = new() { ReadSymbols = true, InMemory = true, AssemblyResolver = resolver };
        using ModuleDefinition module = ModuleDefinition.ReadModule(file, reading);
        MethodReference hit = module.ImportReference(typeof(HitProbe).GetMethod(nameof(HitProbe.Hit)));
        foreach (MethodDefinition method in module.GetTypes().SelectMany(type => type.Methods).Where(method => method.HasBody))
            Rewrite(method, hit);
        module.Write(file);
    }

    private void Rewrite(MethodDefinition method, MethodReference hit)
    {
        Dictionary<int, SequencePoint> points = method.DebugInformation.SequencePoints
            .Where(point => point.StartLine != HiddenLine && IsWritten(point.Document.Url))
            .DistinctBy(point => point.Offset).ToDictionary(point => point.Offset);
        if (points.Count == 0)
            return;
        bool isStored = method.CustomAttributes.Any(attribute => attribute.AttributeType.Name == nameof(CompilerGeneratedAttribute));
        method.Body.SimplifyMacros();
        ILProcessor body = method.Body.GetILProcessor();
        foreach (Instruction instruction in method.Body.Instructions.Where(instruction => points.ContainsKey(instruction.Offset)).ToArray())
            Precede(body, instruction, hit, Number(points[instruction.Offset], isStored));
        method.Body.OptimizeMacros();
    }

    /// <summary>Puts the call where the instruction was, and the instruction behind it: what jumped there jumps to the call.</summary>
    private static void Precede(ILProcessor body, Instruction instruction, MethodReference hit, int point)
    {
        Instruction moved = Instruction.Create(OpCodes.Nop);
        (moved.OpCode, moved.Operand) = (instruction.OpCode, instruction.Operand);
        (instruction.OpCode, instruction.Operand) = (OpCodes.Ldc_I4, point);
        Instruction call = Instruction.Create(OpCodes.Call, hit);
        body.InsertAfter(instruction, call);
        body.InsertAfter(call, moved);
    }

    private int Number(SequencePoint point, bool isStored)
    {
        _points.Add(new(Path.GetRelativePath(root, point.Document.Url).Replace('\\', '/'), point.StartLine, isStored));
        return _points.Count - 1;
    }

    private bool IsWritten(string file) =>
        file.StartsWith(root + Path.DirectorySeparatorChar, StringComparison.Ordinal)
        && !Path.GetRelativePath(root, file).Split(Path.DirectorySeparatorChar).Any(part => part is "obj" or "bin")
        && File.Exists(file);
}
