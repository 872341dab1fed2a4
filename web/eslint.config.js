import hooks from 'eslint-plugin-react-hooks'
import ts from 'typescript-eslint'

export default ts.config(
  { ignores: ['**/dist/', 'eslint.config.js', 'vitest.config.ts', 'console/vite.config.ts', 'scripts/'] },
  ts.configs.strictTypeChecked,
  { languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } } },
  { files: ['react/src/**', 'console/src/**'], ...hooks.configs.flat['recommended-latest'] },
  {
    rules: {
      // The only way to tell Express's types what a request carries.
      '@typescript-eslint/no-namespace': ['error', { allowDeclarations: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      // TypeScript narrows `signal.aborted` and takes it for unchanged after an await; the checks it calls needless are the point of this code.
      '@typescript-eslint/no-unnecessary-condition': 'off',
    },
  },
)
