using System.CommandLine;
using VitGrid.Structure;

return await new RootCommand("Figures of VitGrid's structure") { StructureCommand.Create(args) }.Parse(args).InvokeAsync();
